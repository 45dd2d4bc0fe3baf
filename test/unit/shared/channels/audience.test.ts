import { expect } from "chai";
import { Audience, type SlowMember, type Told } from "../../../../src/shared/channels/audience.js";
import { Follower } from "../../../../src/shared/channels/follower.js";

describe("Audience", () => {
  class Connection implements SlowMember {
    readonly texts: string[] = [];
    looks = 0;
    why: string | null = null;
    readonly queuedBytes: number;

    constructor(queuedBytes = 0) {
      this.queuedBytes = queuedBytes;
    }

    take({ text }: Told): void {
      this.texts.push(text);
    }

    look(): void {
      this.looks += 1;
    }

    cut({ reason }: { readonly reason: string }): void {
      this.why = reason;
    }
  }

  it("sends to those in a room, until they leave it", () => {
    const audience = new Audience();
    const [here, elsewhere] = [new Connection(), new Connection()];
    audience.join("trades:BTC-USD", here);
    audience.join("trades:ETH-USD", elsewhere);
    audience.send("trades:BTC-USD", "trades", { asset: "BTC-USD" });
    audience.leave("trades:BTC-USD", here);
    audience.send("trades:BTC-USD", "trades", { asset: "BTC-USD" });
    expect(here.texts).to.deep.equal(['{"event":"trades","data":{"asset":"BTC-USD"}}']);
    expect(elsewhere.texts).to.deep.equal([]);
  });

  it("gives memory back by cutting those for whom most waits", () => {
    const audience = new Audience();
    const connections = [new Connection(10), new Connection(1_000), new Connection(100)];
    for (const one of connections) audience.watch(one);
    audience.giveBack(1_050);
    expect(connections.map(({ why }) => why)).to.deep.equal([null, "SLOW_CONSUMER", "SLOW_CONSUMER"]);
    for (const one of connections) audience.forget(one);
  });

  it("looks at connections while there are any", () => {
    const audience = new Audience();
    const one = new Connection();
    audience.watch(one);
    audience.cutSlowClients();
    audience.forget(one);
    audience.cutSlowClients();
    expect(one.looks).to.equal(1);
  });

  it("tells a follower what its room is sent, and nothing once it has ended", () => {
    const audience = new Audience();
    const events: object[] = [];
    const calls: string[] = [];
    const following = {
      onAnswer: () => undefined,
      onEvent: (payload: object) => void events.push(payload),
      onCut: () => void calls.push("cut"),
    };
    const follower = new Follower(audience, following, null, () => void calls.push("end"));
    follower.join("status");
    audience.send("status", "status", { asset: "BTC-USD" });
    follower.cut({ reason: "UNAVAILABLE", text: "" });
    audience.send("status", "status", { asset: "ETH-USD" });
    follower.end();
    expect(events).to.deep.equal([{ asset: "BTC-USD" }]);
    expect(calls).to.deep.equal(["end", "cut"]);
  });
});
