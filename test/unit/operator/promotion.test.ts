import { expect } from "chai";
import { planOf, type ServerSeen, type Wish } from "../../../src/operator/promotion.js";

const WISH: Wish = { to: null, handsOver: false, force: null };
const standby = (name: string, receivedBytes = 100, isFollowing = false): ServerSeen => ({
  kind: "standby",
  name,
  receivedBytes,
  isFollowing,
});
const silent: ServerSeen = { kind: "silent", name: "a", why: "no answer within 3000 ms" };

describe("the plan of a promotion", () => {
  const promotes = (servers: readonly ServerSeen[], wish: Partial<Wish> = {}) => {
    const plan = planOf(servers, { ...WISH, ...wish });
    return plan.kind === "promote" ? [plan.standby, plan.fenceFirst] : plan.why;
  };

  it("promotes the standby of a primary that is down", () => {
    expect(promotes([{ kind: "down", name: "a" }, standby("b")])).to.deep.equal(["b", null]);
  });

  it("refuses while the primary answers, unless it is to hand over: then it is fenced first", () => {
    const servers: ServerSeen[] = [{ kind: "primary", name: "a" }, standby("b", 100, true)];
    expect(promotes(servers)).to.match(/^a is the primary, and answers.*--hand-over/);
    expect(promotes(servers, { force: "I know" })).to.match(/^a is the primary/);
    expect(promotes(servers, { handsOver: true })).to.deep.equal(["b", "a"]);
  });

  it("refuses where it can't be told whether the primary runs, unless somebody says how he knows", () => {
    expect(promotes([silent, standby("b")])).to.match(/whether a \(no answer within 3000 ms\) runs/);
    expect(promotes([silent, standby("b")], { force: "its power is cut" })).to.deep.equal(["b", null]);
  });

  it("refuses while the standby hears from a primary that it was not told of", () => {
    expect(promotes([{ kind: "down", name: "a" }, standby("b", 100, true)])).to.match(/^b still hears/);
  });

  it("goes on with a primary that was fenced before", () => {
    expect(promotes([{ kind: "fenced", name: "a" }, standby("b", 100, true)])).to.deep.equal(["b", null]);
  });

  it("takes the standby that has most of the log, and no other one", () => {
    const servers = [{ kind: "down", name: "a" } as const, standby("b", 100), standby("c", 200)];
    expect(promotes(servers)).to.deep.equal(["c", null]);
    expect(promotes(servers, { to: "b" })).to.match(/^c has more of the log than b/);
    expect(promotes(servers, { to: "d" })).to.match(/^d is no standby that answers; b, c is/);
  });

  it("refuses where no standby answers", () => {
    expect(promotes([{ kind: "down", name: "a" }, silent])).to.match(/^no standby answers among a, a/);
  });
});
