import { expect } from "chai";
import type { InputMessage } from "../../../../src/shared/bus/reader.js";
import type { Channel } from "../../../../src/shared/channels/channel.js";
import { ChannelFlow, type ChannelFlowOptions } from "../../../../src/shared/channels/channel-flow.js";
import { type Asset, GrowingRegistry } from "../../../../src/shared/domain/assets.js";
import type { NotificationBatch } from "../../../../src/shared/domain/reports.js";
import { logId } from "../../../../src/shared/domain/units.js";
import { createLogger } from "../../../../src/shared/process/log.js";
import { encodeNotificationBatch } from "../../../../src/shared/wire/pipeline-codec.js";
import { TEST_ASSET, TEST_REGISTRY } from "../../../support/test-asset.js";

const NOTHING: NotificationBatch = { trades: [], reports: [], status: null, resync: false, throughLogId: logId(0) };
const through = (id: number) => encodeNotificationBatch({ ...NOTHING, throughLogId: logId(id) });

describe("who follows notifications", () => {
  let told: string[];
  let flow: ChannelFlow;
  let waiting: InputMessage[];
  let registry: GrowingRegistry;
  let connectionChanged: (connected: boolean) => void;

  /** A stream whose last message is the 10th, and one channel. */
  beforeEach(async () => {
    told = [];
    waiting = [];
    const channel = {
      name: "trades",
      isPrivate: false,
      start: async () => undefined,
      stop: () => undefined,
      takeUp: ({ asset }: Asset) => void told.push(`took up ${asset}`),
      offer: (asset: string) => void told.push(`offered ${asset}`),
      flush: () => {
        told.push("flushed");
        return false;
      },
      giveBack: () => undefined,
      reconcile: async () => undefined,
    } as unknown as Channel;
    const bus = {
      streamBounds: async () => ({ last: 10 }),
      read: () => ({ take: () => waiting.splice(0), pendingMessages: 0, close: async () => undefined }),
      onConnectionChange: (call: typeof connectionChanged) => {
        connectionChanged = call;
      },
      ensureStreams: async () => undefined,
    };
    registry = new GrowingRegistry(TEST_REGISTRY);
    flow = new ChannelFlow({
      registry,
      bus,
      stream: "NOTIFICATIONS",
      channels: [channel],
      depth: {
        start: async () => undefined,
        take: () => false,
        stop: async () => undefined,
        reconnected: () => undefined,
      },
      connections: {
        isDelivering: false,
        onDelivered: () => undefined,
        cutSlowClients: () => undefined,
        giveBack: () => undefined,
      },
      kept: { excess: 0 },
      isDatabaseReady: () => false,
      limits: { natsReplicas: 1, reconcileMs: 60_000 },
      log: createLogger("test", "silent"),
      metrics: { lag: { observe: () => undefined } },
    } as unknown as ChannelFlowOptions);
    for (const name of ["first", "second"])
      flow.followNotifications({
        settled: (asset, { throughLogId }) => void told.push(`${name}: ${asset} ${throughLogId}`),
        doubt: () => void told.push(`${name}: doubt`),
      });
    await flow.start();
    told = [];
  });
  afterEach(() => flow.stop());

  const receive = (...messages: readonly [sequence: number, data: Uint8Array][]) => {
    for (const [streamSequence, data] of messages)
      waiting.push({ subject: "notifications.BTC-USD", streamSequence, data } as InputMessage);
    flow.flush();
    const all = told;
    told = [];
    return all;
  };

  it("hears of each once the channels have told what it says, everybody of the same", () => {
    expect(receive([11, through(256)], [12, through(512)])).to.deep.equal([
      "offered BTC-USD",
      "offered BTC-USD",
      "flushed",
      "first: BTC-USD 256",
      "second: BTC-USD 256",
      "first: BTC-USD 512",
      "second: BTC-USD 512",
    ]);
  });

  const doubts = ["first: doubt", "second: doubt"];
  it("is in doubt where some are gone, also right at the start, and where the stream begins anew", () => {
    expect(receive([12, through(1)])).to.include.members(doubts);
    expect(receive([13, through(2)])).not.to.include("first: doubt");
    expect(receive([15, through(3)])).to.include.members(doubts);
    expect(receive([1, through(4)])).to.include.members(doubts);
    expect(receive([2, through(5)])).not.to.include("first: doubt");
  });

  it("is in doubt where one can't be read, before it hears of the next one", () => {
    const all = receive([11, Buffer.from("no notification")], [12, through(512)]);
    expect(all.slice(0, 2)).to.deep.equal(doubts);
    expect(all).to.include("second: BTC-USD 512");
  });

  it("is in doubt where one is of a market that is not known here yet, until it is taken up", () => {
    const asset = { ...TEST_ASSET, asset: "ETH-USD" };
    const subject = "notifications.ETH-USD";
    const receiveOfIt = (streamSequence: number) => {
      waiting.push({ subject, streamSequence, data: through(256) } as unknown as InputMessage);
      flow.flush();
      return told.splice(0);
    };
    expect(receiveOfIt(11)).to.deep.equal([...doubts, "flushed"]);
    registry.takeUp({ assets: new Map([["ETH-USD", asset]]), currencies: new Map() });
    expect(told.splice(0)).to.deep.equal(["took up ETH-USD"]);
    expect(receiveOfIt(12)).to.include.members(["offered ETH-USD", "first: ETH-USD 256"]);
  });

  it("is in doubt when the connection goes and when it is back", () => {
    connectionChanged(false);
    connectionChanged(true);
    expect(told).to.deep.equal([...doubts, ...doubts]);
  });
});
