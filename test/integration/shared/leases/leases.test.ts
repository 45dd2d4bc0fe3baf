import { expect } from "chai";
import { type Bus, connectBus, type PublishOutcome } from "../../../../src/shared/bus/bus.js";
import { LEASE_TIMES } from "../../../../src/shared/leases/lease-times.js";
import { AssetLeases } from "../../../../src/shared/leases/leases.js";
import { until } from "../../../support/eventually.js";
import { type NatsForTest, startNats } from "../../../support/nats.js";
import { serviceForTest } from "../../../support/service.js";

const ASSETS = ["BTC-USD", "ETH-USD", "KCN-EUR", "SOL-USDC"];

const UNKNOWN: PublishOutcome = { kind: "unknown" };

interface JoinOptions {
  readonly assets?: readonly string[];
  readonly forgottenAfterMs?: number;
  /** True: what is published there gets lost. */
  readonly isLost?: (subject: string, value: string) => boolean;
}

interface Process {
  readonly leases: AssetLeases;
  readonly bus: Bus;
  /** What became of its publishes. */
  readonly outcomes: PublishOutcome[];
  /** As kill -9 would: it says nothing any more. */
  die(): Promise<void>;
}

describe("leases", () => {
  let nats: NatsForTest;
  const open: Process[] = [];

  before(async () => {
    nats = await startNats();
  });

  afterEach(async () => {
    for (const { leases, bus } of open.splice(0)) {
      await leases.leave();
      await bus.close();
    }
  });

  const create = async (service: string, instance: string, options: JoinOptions = {}): Promise<Process> => {
    const { assets = ASSETS, isLost = () => false, ...others } = options;
    const { log, metrics } = serviceForTest(instance);
    const bus = await connectBus(nats.url, { name: instance, log });
    await bus.ensureStreams(1);
    const outcomes: PublishOutcome[] = [];
    const publish: Bus["publish"] = async (subject, payload, publishOptions) => {
      const isSent = !isLost(subject, Buffer.from(payload).toString());
      const outcome = isSent ? await bus.publish(subject, payload, publishOptions) : UNKNOWN;
      outcomes.push(outcome);
      return outcome;
    };
    const lossyBus = { publish, read: (reader: Parameters<Bus["read"]>[0]) => bus.read(reader) };
    const leases = new AssetLeases(lossyBus, { log, metrics }, { service, instance, assets, ...others });
    leases.onChange(() => {
      // The stage of this test lets go at once.
      for (const asset of ASSETS) if (!leases.assets().has(asset)) leases.letGo(asset);
    });
    const created = { leases, bus, outcomes, die: () => bus.close() };
    open.push(created);
    return created;
  };

  const join = async (service: string, instance: string, options: JoinOptions = {}): Promise<Process> => {
    const joined = await create(service, instance, options);
    await joined.leases.join();
    return joined;
  };

  const shares = (...processes: Process[]) => processes.map(({ leases }) => [...leases.assets()].sort());
  const areEven = (...processes: Process[]) => {
    const held = shares(...processes);
    return new Set(held.flat()).size === ASSETS.length && held.every(({ length }) => length === 4 / processes.length);
  };

  it("one process has all; a second one gets half of them, a third and a fourth one each", async () => {
    const a = await join("even", "a");
    await until("all are a's", () => areEven(a));
    const b = await join("even", "b");
    await until("two each", () => areEven(a, b));
    const [c, d] = [await join("even", "c"), await join("even", "d")];
    await until("one each", () => areEven(a, b, c, d));
  });

  it("who leaves gives back at once, who dies is followed in time", async () => {
    const [a, b] = [await join("gone", "a"), await join("gone", "b")];
    await until("two each", () => areEven(a, b));
    await b.leases.leave();
    await until("all are a's", () => areEven(a), 1_000);
    // A refused one would have to wait for a heartbeat.
    expect(a.outcomes.filter(({ kind }) => kind === "refused")).to.deep.equal([]);
    const c = await join("gone", "c");
    await until("two each again", () => areEven(a, c));
    await c.die();
    await until("all are a's again", () => areEven(a), LEASE_TIMES.followedWithinMs);
  });

  it("a process that starts again under its name has at once what it had", async () => {
    const a = await join("again", "a");
    await until("all are a's", () => areEven(a));
    await a.die();
    const again = await join("again", "a");
    await until("all are its own again", () => areEven(again), 500);
  });

  it("takes only what it is willing to work on", async () => {
    const [a, b] = [await join("some", "a", { assets: ["BTC-USD"] }), await join("some", "b")];
    await until(
      "b has the rest",
      () =>
        shares(a, b)
          .map(({ length }) => length)
          .join() === "1,3",
    );
    expect(shares(a)[0]).to.deep.equal(["BTC-USD"]);
  });

  it("what is given back comes to the other one, though the publish that says so is lost at first", async () => {
    const lost: string[] = [];
    const a = await join("lossy", "a", {
      isLost: (subject, value) => value === "" && !lost.includes(subject) && lost.push(subject) > 0,
    });
    const b = await join("lossy", "b");
    await until("two each", () => areEven(a, b), LEASE_TIMES.followedWithinMs);
    expect(lost).to.have.length(2);
  });

  it("what could not be given back is worked on again when nobody else is there", async () => {
    let tries = 0;
    const a = await join("useless", "a", { isLost: (_, value) => value === "" && ++tries > 0 });
    const b = await join("useless", "b");
    await until("both were tried more than twice", () => tries > 2 * 2);
    expect(shares(a, b).map(({ length }) => length)).to.deep.equal([2, 0]);
    await b.leases.leave();
    await until("all are a's", () => areEven(a), LEASE_TIMES.followedWithinMs);
  });

  it("who is dead for long leaves no trace, and who is alive stays", async () => {
    const a = await join("forgotten", "a", { forgottenAfterMs: 1_000 });
    const b = await join("forgotten", "b", { forgottenAfterMs: 1_000 });
    await b.die();
    const members = async () => [...(await a.bus.subjectCounts("KV_leases", "$KV.leases.forgotten.member.*")).keys()];
    await until("b is forgotten", async () => (await members()).length === 1);
    expect(await members()).to.deep.equal(["$KV.leases.forgotten.member.a"]);
    await until("all are a's", () => areEven(a));
  });

  it("who can't join yet says what it waits for", async () => {
    let isLost = true;
    const { leases } = await create("waiting", "a", { isLost: () => isLost });
    const joined = leases.join();
    expect(leases.whyNotJoined()).to.contain("heartbeat");
    isLost = false;
    await joined;
    expect(leases.whyNotJoined()).to.equal(null);
  });

  it("a server that stands still makes nobody look dead", async () => {
    const [a, b] = [await join("frozen", "a"), await join("frozen", "b")];
    await until("two each", () => areEven(a, b));
    const before = shares(a, b);
    let changes = 0;
    for (const { leases } of [a, b]) leases.onChange(() => changes++);
    const heartbeatsLost = ({ outcomes }: Process) => outcomes.filter(({ kind }) => kind === "unknown").length;
    nats.freeze();
    // Each deadline is as long as it takes to be thought dead.
    await until("each has lost two heartbeats", () => [a, b].every((process) => heartbeatsLost(process) >= 2));
    nats.thaw();
    const c = await join("frozen-too", "c"); // the server answers again
    await until("c has all", () => areEven(c));
    expect(shares(a, b)).to.deep.equal(before);
    expect(changes).to.equal(0);
  });
});
