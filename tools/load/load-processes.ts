/** One load, sent by several generator processes that begin at the same moment. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { beforeDeadline } from "../../src/shared/process/waits.js";
import { type FromGenerator, type ToGenerator, unpacked } from "./generator-messages.js";
import { Latencies } from "./latencies.js";
import type { Load, LoadOptions, LoadOutcome, Progress } from "./load-run.js";
import { mergedOutcome, sharesOf } from "./shares.js";
import type { Target } from "./target.js";

const PROGRAM = fileURLToPath(new URL("./generator.ts", import.meta.url));
const CONNECTED_WITHIN_MS = 60_000;
/** Beyond the plan: answers and reports are waited for. */
const ENDED_WITHIN_MS = 60_000;

export class LoadProcesses implements Load {
  onMeasuring: () => void = () => undefined;
  onSent: () => void = () => undefined;
  readonly #generators: Generator[];
  readonly #planMs: number;
  readonly #recent = new Latencies();

  constructor(target: Target, options: LoadOptions, processes: number) {
    this.#planMs = (options.warmupSeconds + options.seconds) * 1_000;
    this.#generators = sharesOf(options, processes).map((share) => new Generator(target, share, this.#recent));
  }

  get pids(): readonly number[] {
    return this.#generators.map(({ pid }) => pid);
  }

  async run(): Promise<LoadOutcome> {
    const all = <T>(of: (generator: Generator) => Promise<T>) => Promise.all(this.#generators.map(of));
    try {
      await beforeDeadline(
        all(({ connected }) => connected),
        CONNECTED_WITHIN_MS,
        "generators are not connected",
      );
      for (const generator of this.#generators) generator.go();
      void Promise.race(this.#generators.map(({ measuring }) => measuring)).then(
        () => this.onMeasuring(),
        () => undefined,
      );
      void all(({ sent }) => sent).then(
        () => this.onSent(),
        () => undefined,
      );
      const outcomes = all(({ outcome }) => outcome);
      return mergedOutcome(await beforeDeadline(outcomes, this.#planMs + ENDED_WITHIN_MS, "generators have not ended"));
    } finally {
      await all((generator) => generator.end());
    }
  }

  watchLatencies(): void {
    // The generators watch theirs in any case.
  }

  progress(): Progress {
    const sum = (of: "sent" | "acknowledged" | "refused" | "unanswered") =>
      this.#generators.reduce((total, { progress }) => total + progress[of], 0);
    const [sent, acknowledged, refused, unanswered] = [
      sum("sent"),
      sum("acknowledged"),
      sum("refused"),
      sum("unanswered"),
    ];
    return { sent, acknowledged, refused, unanswered, recent: this.#recent };
  }
}

/** One of the processes; what it tells comes as promises, which reject when it fails or ends. */
class Generator {
  readonly connected: Promise<void>;
  readonly measuring: Promise<void>;
  readonly sent: Promise<void>;
  readonly outcome: Promise<LoadOutcome>;
  progress = { sent: 0, acknowledged: 0, refused: 0, unanswered: 0 };
  readonly #child: ChildProcess;

  constructor(target: Target, options: LoadOptions, recent: Latencies) {
    const child = fork(PROGRAM, { serialization: "advanced" });
    this.#child = child;
    this.#tell({ kind: "run", target, options });
    const failed = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`a generator process has ended (${signal ?? code})`)));
      this.#on("failed", ({ message }) => reject(new Error(message)));
    });
    const first = <Kind extends FromGenerator["kind"]>(kind: Kind) => {
      const told = new Promise<Extract<FromGenerator, { kind: Kind }>>((resolve) => this.#on(kind, resolve));
      const outcome = Promise.race([told, failed]);
      outcome.catch(() => undefined); // whoever awaits it is told
      return outcome;
    };
    this.connected = first("connected").then(() => undefined);
    this.measuring = first("measuring").then(() => undefined);
    this.sent = first("sent").then(() => undefined);
    this.outcome = first("outcome").then(({ outcome }) => unpacked(outcome));
    for (const told of [this.connected, this.measuring, this.sent, this.outcome]) told.catch(() => undefined);
    this.#on("progress", ({ progress: { recent: packed, ...progress } }) => {
      this.progress = progress;
      recent.add(Latencies.unpacked(packed));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  go(): void {
    this.#tell({ kind: "go" });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL"); // it has told everything, and holds nothing but its own connections
    await ended;
  }

  #tell(message: ToGenerator): void {
    this.#child.send(message, () => undefined); // where it is gone, its end says so
  }

  #on<Kind extends FromGenerator["kind"]>(
    kind: Kind,
    listener: (message: Extract<FromGenerator, { kind: Kind }>) => void,
  ): void {
    this.#child.on("message", (message: FromGenerator) => {
      if (message.kind === kind) listener(message as Extract<FromGenerator, { kind: Kind }>);
    });
  }
}
