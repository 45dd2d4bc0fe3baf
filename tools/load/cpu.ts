import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { cpus } from "node:os";

/** What named groups of processes have used since they started; from /proc, so on Linux only. */
export interface CpuReading {
  readonly atMs: number;
  readonly usedBy: ReadonlyMap<string, Used>;
  /** Of all processes of the machine, whosever. */
  readonly machineBusySeconds: number;
}

export interface CpuGroup {
  readonly name: string;
  readonly pids: readonly number[];
  /** Whether all that descend from them count, too. */
  readonly withDescendants: boolean;
}

/** A wake-up and a call into the kernel are what is dear on a virtual machine, more than instructions. */
interface Used {
  readonly cpuSeconds: number;
  /** How often a thread gave up its core to wait (each is a wake-up later), and how often it was taken away from it. */
  readonly waits: number;
  readonly preemptions: number;
  /** Calls that read, and that wrote, files and sockets; those for nothing but sending and receiving don't count. */
  readonly reads: number;
  readonly writes: number;
}

export interface CpuUse {
  readonly name: string;
  /** 1 is one core. */
  readonly cores: number;
  /** All below are a second. */
  readonly waits: number;
  readonly preemptions: number;
  readonly reads: number;
  readonly writes: number;
}

const TICKS_PER_SECOND = 100;
const CORES = cpus().length;

export function readCpu(groups: readonly CpuGroup[]): CpuReading {
  const processes = readProcesses();
  const usedBy = new Map<string, Used>();
  for (const { name, pids, withDescendants } of groups) {
    const members = withDescendants ? descendantsOf(pids, processes) : pids;
    let [ticks, waits, preemptions, reads, writes] = [0, 0, 0, 0, 0];
    for (const pid of members) {
      const { ticks: own = 0, goneChildrenTicks = 0 } = processes.get(pid) ?? {};
      // What its children used that are gone counts, too: Postgres starts one a connection.
      ticks += own + (withDescendants ? goneChildrenTicks : 0);
      const switches = readSwitches(pid);
      const io = readIfThere(`/proc/${pid}/io`) ?? "";
      waits += switches.waits;
      preemptions += switches.preemptions;
      reads += numberAfter(io, "syscr");
      writes += numberAfter(io, "syscw");
    }
    usedBy.set(name, { cpuSeconds: ticks / TICKS_PER_SECOND, waits, preemptions, reads, writes });
  }
  return { atMs: performance.now(), usedBy, machineBusySeconds: readMachineBusyTicks() / TICKS_PER_SECOND };
}

export interface CpuSummary {
  readonly seconds: number;
  readonly use: readonly CpuUse[];
  /** The groups together, as a share of the machine; 1 is all of it. */
  readonly shareOfMachine: number;
  /** Everything on the machine, ours or not. */
  readonly machineBusy: number;
}

export function cpuBetween(before: CpuReading, after: CpuReading): CpuSummary {
  const seconds = (after.atMs - before.atMs) / 1_000;
  const use = [...after.usedBy].map(([name, used]) => {
    const perSecond = (figure: keyof Used) =>
      Math.max(0, used[figure] - (before.usedBy.get(name)?.[figure] ?? 0)) / seconds;
    const [waits, preemptions, reads, writes] = [
      perSecond("waits"),
      perSecond("preemptions"),
      perSecond("reads"),
      perSecond("writes"),
    ];
    return { name, cores: perSecond("cpuSeconds"), waits, preemptions, reads, writes };
  });
  const cores = use.reduce((sum, group) => sum + group.cores, 0);
  const machineBusy = (after.machineBusySeconds - before.machineBusySeconds) / seconds / CORES;
  return { seconds, use, shareOfMachine: cores / CORES, machineBusy };
}

/** The process that started this one; 0 where it can't be told. */
export function parentOf(pid: number): number {
  return readProcesses().get(pid)?.parentPid ?? 0;
}

/** The process that listens on a port of this machine; null where it can't be told. */
export function listenerOf(port: number): number | null {
  const inodes = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (readIfThere(file) ?? "").split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === "0A" && Number.parseInt(local?.split(":")[1] ?? "", 16) === port) inodes.add(`socket:[${inode}]`);
    }
  }
  for (const pid of pids()) if (holdsAny(pid, inodes)) return pid;
  return null;
}

interface ProcessTimes {
  readonly parentPid: number;
  readonly ticks: number;
  readonly goneChildrenTicks: number;
}

function pids(): number[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function readProcesses(): Map<number, ProcessTimes> {
  const processes = new Map<number, ProcessTimes>();
  for (const pid of pids()) {
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat === null) continue;
    // Fields 3 and on; the second one, the name, may hold spaces. See proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const at = (field: number) => Number(fields[field - 3]);
    processes.set(pid, { parentPid: at(4), ticks: at(14) + at(15), goneChildrenTicks: at(16) + at(17) });
  }
  return processes;
}

/** Of all threads that are alive: see proc_pid_status(5). */
function readSwitches(pid: number): { waits: number; preemptions: number } {
  let [waits, preemptions] = [0, 0];
  for (const thread of foldersIn(`/proc/${pid}/task`)) {
    const status = readIfThere(`/proc/${pid}/task/${thread}/status`) ?? "";
    waits += numberAfter(status, "voluntary_ctxt_switches");
    preemptions += numberAfter(status, "nonvoluntary_ctxt_switches");
  }
  return { waits, preemptions };
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Of lines such as `syscw: 12`; 0 where there is none. */
function numberAfter(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

function descendantsOf(roots: readonly number[], processes: ReadonlyMap<number, ProcessTimes>): Set<number> {
  const members = new Set(roots);
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const [pid, { parentPid }] of processes) if (members.has(parentPid)) members.add(pid);
  }
  return members;
}

function readMachineBusyTicks(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    (readIfThere("/proc/stat") ?? "").split("\n", 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  return user + nice + system + irq + softirq + steal;
}

function holdsAny(pid: number, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
