import { expect } from "chai";
import { type Access, keyProblem } from "../../../../src/shared/access/access-feed.js";
import type { AssetState } from "../../../../src/shared/domain/messages.js";
import { accountId } from "../../../../src/shared/domain/units.js";
import { orderProblem } from "../../../../src/shared/order-entry/access-rules.js";

const ME = accountId(1);

describe("access rules", () => {
  const access = (about: Partial<Access>): Access => ({
    isSuspended: () => false,
    isRevoked: () => false,
    stateOf: () => "open",
    ...about,
  });

  it("refuse the orders of a suspended account", () => {
    expect(orderProblem(access({ isSuspended: (id) => id === ME }), ME, "A-B")?.name).to.equal("ACCOUNT_SUSPENDED");
    expect(orderProblem(access({ isSuspended: (id) => id !== ME }), ME, "A-B")).to.equal(null);
  });

  const names: Record<AssetState, string | undefined> = {
    open: undefined,
    auction: undefined,
    halted: "ASSET_HALTED",
    cancel_only: "ASSET_HALTED",
  };
  for (const [state, name] of Object.entries(names))
    it(`${name === undefined ? "take" : "refuse"} orders in an asset that is ${state}`, () => {
      expect(orderProblem(access({ stateOf: () => state as AssetState }), ME, "A-B")?.name).to.equal(name);
    });

  it("end the sessions of a key that was revoked, or has expired", () => {
    const login = { keyId: "k", expiresAtMs: 1_000 };
    expect(keyProblem(access({}), login, 999)).to.equal(null);
    expect(keyProblem(access({}), login, 1_000)?.text).to.match(/expired/);
    expect(keyProblem(access({ isRevoked: (key) => key === "k" }), login, 0)?.text).to.match(/revoked/);
    expect(keyProblem(access({}), { keyId: "k", expiresAtMs: null }, 1e15)).to.equal(null);
  });
});
