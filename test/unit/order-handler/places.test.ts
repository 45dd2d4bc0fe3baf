import { expect } from "chai";
import { Places } from "../../../src/order-handler/places.js";
import { accountId } from "../../../src/shared/domain/units.js";

const [ANN, BOB] = [accountId(1), accountId(2)];
const LIMITS = { connectionsMax: 8, connectionsPerAddressMax: 8, sessionsPerAccountMax: 3 };

describe("places", () => {
  const enterAll = (places: Places<string>, holders: string, address: string) =>
    holders.split(" ").map((holder) => places.enter(holder, address));

  it("has the oldest stranger give way to the next, beyond a quarter of all places", () => {
    const places = new Places<string>(LIMITS);
    expect(enterAll(places, "a b c d", "evil")).to.deep.equal([null, null, "a", "b"]);
  });

  it("keeps three quarters for those who log in", () => {
    const places = new Places<string>(LIMITS);
    for (const [index, holder] of ["1", "2", "3", "4", "5", "6"].entries()) {
      expect(enterAll(places, `${holder}x ${holder}y ${holder}`, "evil")).to.have.length(3);
      expect(places.refusalOf("home")).to.equal(null);
      expect(places.logIn(holder, index < 3 ? ANN : BOB)).to.equal(null);
    }
    expect(enterAll(places, "late later", "evil")).to.deep.equal([null, "6y"]);
  });

  it("has strangers of an address where nobody ever logged in give way first", () => {
    const places = new Places<string>(LIMITS);
    places.enter("ann", "home");
    places.logIn("ann", ANN);
    places.enter("ann again", "home");
    expect(enterAll(places, "a b c", "evil")).to.deep.equal([null, "a", "b"]);
  });

  it("bounds an address, and has its own strangers give way", () => {
    const places = new Places<string>({ ...LIMITS, connectionsMax: 100, connectionsPerAddressMax: 4 });
    expect(enterAll(places, "a", "home")).to.deep.equal([null]);
    expect(enterAll(places, "b c", "evil")).to.deep.equal([null, "b"]);
    for (const holder of ["1", "2", "3", "4"]) {
      places.enter(holder, "evil");
      expect(places.logIn(holder, holder === "4" ? BOB : ANN)).to.equal(null);
    }
    expect(places.refusalOf("evil")?.text).to.equal("there are 4 sessions from evil already");
    expect(places.refusalOf("home")).to.equal(null);
    places.leave("1");
    expect(places.refusalOf("evil")).to.equal(null);
  });

  it("is full when all places are those of accounts", () => {
    const places = new Places<string>({ ...LIMITS, sessionsPerAccountMax: 8 });
    for (const holder of ["1", "2", "3", "4", "5", "6", "7", "8"]) {
      places.enter(holder, holder);
      places.logIn(holder, ANN);
    }
    expect(places.refusalOf("9")?.text).to.equal("there are 8 sessions already");
    places.leave("1");
    places.leave("1");
    expect(places.refusalOf("9")).to.equal(null);
  });

  it("bounds an account's sessions", () => {
    const places = new Places<string>({ ...LIMITS, connectionsMax: 100 });
    const logIn = (holder: string, account = ANN) => {
      places.enter(holder, holder);
      return places.logIn(holder, account)?.name ?? "in";
    };
    expect(["1", "2", "3", "4"].map((holder) => logIn(holder))).to.deep.equal(["in", "in", "in", "TOO_MANY_SESSIONS"]);
    expect(logIn("5", BOB)).to.equal("in");
    places.leave("2");
    expect(logIn("6")).to.equal("in");
  });
});
