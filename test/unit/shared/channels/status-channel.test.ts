import { expect } from "chai";
import type { Subscription } from "../../../../src/shared/channels/channel.js";
import { StatusChannel } from "../../../../src/shared/channels/status-channel.js";
import type { AssetState } from "../../../../src/shared/domain/messages.js";
import type { AssetStatus } from "../../../../src/shared/domain/reports.js";
import { accountId, epochUs, eventSequence } from "../../../../src/shared/domain/units.js";
import { FakeListener } from "./fake-listener.js";

const status = (sequence: number, state: AssetState): AssetStatus => ({
  state,
  sinceUs: epochUs(sequence * 10),
  eventSequence: eventSequence(sequence),
  madeBy: "op",
  why: `reason ${sequence}`,
});
const told = (sequence: number, state: AssetState) => ({
  asset: "BTC-USD",
  state,
  sinceUs: sequence * 10,
  madeBy: "op",
  why: `reason ${sequence}`,
});
const ETH_OPEN = { asset: "ETH-USD", state: "open", sinceUs: null, madeBy: null, why: null };

class Stage {
  readonly stored: (AssetStatus & { asset: string })[] = [];
  readonly listener = new FakeListener<object>("one", accountId(1), (_event, payload) => [payload]);
  readonly channel = new StatusChannel({
    assets: new Map([
      ["BTC-USD", null],
      ["ETH-USD", null],
    ]),
    rooms: {
      send: (room, event, payload) => {
        if (this.listener.rooms.has(room)) this.listener.send(event, payload);
      },
    },
    source: { bookStates: async () => this.stored },
  });

  subscribe(): Subscription {
    const subscription = this.channel.subscription(this.listener);
    subscription.begin((answer) => this.listener.answers.push(answer));
    return subscription;
  }

  flush(): object[] {
    this.listener.received.length = 0;
    this.channel.flush(() => undefined);
    return this.listener.received;
  }
}

describe("channel status", () => {
  it("answers with every asset's state, also of one whose state nobody ever changed", async () => {
    const stage = new Stage();
    stage.stored.push({ asset: "BTC-USD", ...status(7, "halted") });
    await stage.channel.start();
    stage.subscribe();
    expect(stage.listener.answers).to.deep.equal([{ ok: true, statuses: [told(7, "halted"), ETH_OPEN] }]);
    expect(stage.flush(), "that is no change").to.deep.equal([]);
  });

  it("tells each change once, of several in one flush the last", async () => {
    const stage = new Stage();
    await stage.channel.start();
    stage.subscribe();
    stage.channel.offer("BTC-USD", { status: status(3, "halted") });
    expect(stage.flush()).to.deep.equal([told(3, "halted")]);
    expect(stage.flush()).to.deep.equal([]);
    stage.channel.offer("BTC-USD", { status: status(4, "cancel_only") });
    stage.channel.offer("BTC-USD", { status: status(5, "open") });
    stage.channel.offer("BTC-USD", { status: null });
    expect(stage.flush()).to.deep.equal([told(5, "open")]);
  });

  it("never goes back: a notification that is late or repeated changes nothing", async () => {
    const stage = new Stage();
    await stage.channel.start();
    stage.subscribe();
    stage.channel.offer("BTC-USD", { status: status(5, "open") });
    stage.flush();
    for (const sequence of [5, 4]) stage.channel.offer("BTC-USD", { status: status(sequence, "halted") });
    expect(stage.flush()).to.deep.equal([]);
  });

  it("reads what no notification told", async () => {
    const stage = new Stage();
    await stage.channel.start();
    stage.subscribe();
    stage.stored.push({ asset: "BTC-USD", ...status(9, "cancel_only") });
    await stage.channel.reconcile();
    expect(stage.flush()).to.deep.equal([told(9, "cancel_only")]);
  });

  it("tells nothing to who has unsubscribed", async () => {
    const stage = new Stage();
    await stage.channel.start();
    stage.subscribe().end();
    stage.channel.offer("BTC-USD", { status: status(3, "halted") });
    expect(stage.flush()).to.deep.equal([]);
  });
});
