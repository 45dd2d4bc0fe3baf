import { expect } from "chai";
import sinon from "sinon";
import type { BusReader, InputMessage } from "../../../../src/shared/bus/reader.js";
import { epochUs, streamSequence } from "../../../../src/shared/domain/units.js";
import { LEASE_TIMES } from "../../../../src/shared/leases/lease-times.js";
import { AssetLeases } from "../../../../src/shared/leases/leases.js";
import { serviceForTest } from "../../../support/service.js";

const MEMBER = "$KV.leases.matching-engine.member";
const HEARTBEAT_MS = LEASE_TIMES.heartbeatMs;

describe("leases take nobody for gone who is there", () => {
  let clock: sinon.SinonFakeTimers;
  let last: number;
  let unread: InputMessage[];
  /** Of everything that was published, by anybody. */
  let subjects: string[];
  let isReadable: boolean;
  /** The server stands still: what is published is stored when it goes on, and nobody hears of it. */
  let isFrozen: boolean;
  let onAvailable: () => void;
  /** What others publish after that subject's next message, and what is read before its acknowledgement. */
  let afterwards: Map<string, [subject: string, value: string][]>;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "performance"] });
    last = 0;
    unread = [];
    subjects = [];
    isReadable = true;
    isFrozen = false;
    onAvailable = () => undefined;
    afterwards = new Map();
  });
  afterEach(() => clock.restore());

  const nextPlace = () => ({ streamSequence: streamSequence(++last), storedAtUs: epochUs(0) });
  async function publish(subject: string, data: Uint8Array) {
    subjects.push(subject);
    unread.push({ subject, data, ...nextPlace() });
    const place = streamSequence(last);
    if (isFrozen) return { kind: "unknown" } as const;
    const others = afterwards.get(subject) ?? [];
    afterwards.delete(subject);
    for (const [key, value] of others) unread.push({ subject: key, data: Buffer.from(value), ...nextPlace() });
    if (isReadable) onAvailable();
    return { kind: "stored", streamSequence: place, duplicate: false } as const;
  }

  /** Both processes say that they are there, so many times. */
  async function beat(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await publish(`${MEMBER}.b`, Buffer.from("BTC-USD,ETH-USD"));
      await clock.tickAsync(HEARTBEAT_MS);
    }
  }

  /** One that has BTC-USD, beside one that has ETH-USD. */
  async function join(assets = ["BTC-USD", "ETH-USD"]): Promise<AssetLeases> {
    const reader = { take: () => (isReadable && !isFrozen ? unread.splice(0) : []), close: async () => undefined };
    const bus = {
      publish,
      read: (options: { onAvailable: () => void }) => {
        onAvailable = options.onAvailable;
        return reader as unknown as BusReader;
      },
    };
    await publish("$KV.leases.matching-engine.asset.ETH-USD", Buffer.from("b"));
    await publish(`${MEMBER}.b`, Buffer.from("BTC-USD,ETH-USD"));
    const options = { service: "matching-engine", instance: "a", assets };
    const leases = new AssetLeases(bus, serviceForTest("matching-engine"), options);
    await leases.join();
    await beat(3);
    expect([...leases.assets()]).to.deep.equal(["BTC-USD"]);
    return leases;
  }

  it("an asset that was created meanwhile is taken, and one that the process has not heard of yet is nobody's", async () => {
    await publish("$KV.leases.matching-engine.asset.SOL-USD", Buffer.from("a"));
    const assets = ["BTC-USD", "ETH-USD"];
    const leases = await join(assets);
    expect(subjects.filter((subject) => subject.endsWith(".asset.SOL-USD"))).to.have.lengthOf(2);
    assets.push("SOL-USD");
    await beat(3);
    expect([...leases.assets()]).to.have.members(["BTC-USD", "SOL-USD"]);
  });

  it("when what is published is stored and nothing can be read", async () => {
    const leases = await join();
    isReadable = false;
    await beat(10);
    isReadable = true;
    onAvailable();
    await beat(2);
    expect([...leases.assets()], "b is there all the time").to.deep.equal(["BTC-USD"]);
    await leases.leave();
  });

  it("when a server that stood still stores their own heartbeats all at once, before the other's", async () => {
    const leases = await join();
    isFrozen = true;
    await clock.tickAsync(10 * HEARTBEAT_MS);
    isFrozen = false;
    expect(unread).to.have.length(10);
    onAvailable();
    expect([...leases.assets()], "b is still to come").to.deep.equal(["BTC-USD"]);
    await beat(2);
    expect([...leases.assets()]).to.deep.equal(["BTC-USD"]);
    await leases.leave();
  });

  it("and say less often that they are there while nobody else is, until somebody is", async () => {
    const beats = () => subjects.filter((subject) => subject === `${MEMBER}.a`).length;
    const leases = await join();
    await publish(`${MEMBER}.b`, Buffer.from("")); // b leaves
    await clock.tickAsync(HEARTBEAT_MS);
    expect([...leases.assets()]).to.have.members(["BTC-USD", "ETH-USD"]);
    const before = beats();
    await clock.tickAsync(2 * LEASE_TIMES.aloneEvery * HEARTBEAT_MS);
    expect(beats() - before).to.equal(2);
    await beat(4);
    expect(beats() - before, "b is back").to.be.within(5, 6);
    expect([...leases.assets()]).to.have.lengthOf(1);
    await leases.leave();
  });

  it("and say again what they doubt, until it is known to be stored", async () => {
    const leases = await join();
    const doubts = () => subjects.filter((subject) => subject === "$KV.leases.matching-engine.doubt.ETH-USD").length;
    isFrozen = true;
    leases.doubt("ETH-USD", "another event");
    await clock.tickAsync(HEARTBEAT_MS);
    isFrozen = false;
    expect(doubts()).to.equal(2);
    await beat(5);
    expect(doubts(), "once more, and that was stored").to.equal(3);
    await leases.leave();
  });

  it("and know who took an asset after them, also when that is read before their own change is acknowledged", async () => {
    const leases = await join();
    const asset = "$KV.leases.matching-engine.asset.ETH-USD";
    afterwards.set(asset, [
      [`${MEMBER}.b`, "BTC-USD,ETH-USD"],
      [asset, "b"],
    ]);
    await publish(`${MEMBER}.b`, Buffer.from("")); // b leaves, a takes what it had, b is back and has it again
    await beat(2);
    expect([...leases.assets()]).to.deep.equal(["BTC-USD"]);
    await leases.leave();
  });
});
