import { expect } from "chai";
import sinon from "sinon";
import type { BusReader, InputMessage } from "../../../src/shared/bus-reader.js";
import { AssetLeases } from "../../../src/shared/leases.js";
import { streamSequence } from "../../../src/shared/units.js";
import { serviceForTest } from "../../support/service.js";

const MEMBER = "$KV.leases.matching-engine.member";
const HEARTBEAT_MS = 500;

describe("leases, when what is published is stored and nothing can be read", () => {
  let clock: sinon.SinonFakeTimers;
  let last: number;
  let unread: InputMessage[];
  let isReadable: boolean;
  let onAvailable: () => void;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ["setInterval", "clearInterval", "performance"] });
    last = 0;
    unread = [];
    isReadable = true;
    onAvailable = () => undefined;
  });
  afterEach(() => clock.restore());

  async function publish(subject: string, data: Uint8Array) {
    unread.push({ subject, data, streamSequence: streamSequence(++last) });
    if (isReadable) onAvailable();
    return { kind: "stored", streamSequence: streamSequence(last), duplicate: false } as const;
  }

  /** Both processes say that they are there, so many times. */
  async function beat(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await publish(`${MEMBER}.b`, Buffer.from("BTC-USD,ETH-USD"));
      await clock.tickAsync(HEARTBEAT_MS);
    }
  }

  it("take nobody for gone", async () => {
    const reader = { take: () => (isReadable ? unread.splice(0) : []), close: async () => undefined };
    const bus = {
      publish,
      read: (options: { onAvailable: () => void }) => {
        onAvailable = options.onAvailable;
        return reader as unknown as BusReader;
      },
    };
    await publish("$KV.leases.matching-engine.asset.ETH-USD", Buffer.from("b"));
    await publish(`${MEMBER}.b`, Buffer.from("BTC-USD,ETH-USD"));
    const options = { service: "matching-engine", instance: "a", assets: ["BTC-USD", "ETH-USD"] };
    const leases = new AssetLeases(bus, serviceForTest("matching-engine"), options);
    await leases.join();
    await beat(3);
    expect([...leases.assets()]).to.deep.equal(["BTC-USD"]);
    isReadable = false;
    await beat(10);
    isReadable = true;
    onAvailable();
    await beat(2);
    expect([...leases.assets()], "b is there all the time").to.deep.equal(["BTC-USD"]);
    await leases.leave();
  });
});
