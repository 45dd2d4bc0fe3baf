import { expect } from "chai";
import { ActionsFollower, commandsOf } from "../../../src/order-processing/actions-follower.js";
import type { ActionsStore } from "../../../src/order-processing/actions-store.js";
import type { Action } from "../../../src/shared/access/actions.js";
import { type AccountId, accountId, actionId } from "../../../src/shared/domain/units.js";
import { DUE_NEWS } from "../../support/due-news.js";

const ANN = accountId(1);
const BOB = accountId(2);
const action = (id: number, kind: Action["kind"], about: Partial<Action> = {}): Action => ({
  actionId: actionId(id),
  kind,
  accountId: null,
  asset: null,
  assetState: null,
  keyId: null,
  sessionId: null,
  ...about,
});
/** What one query gives at most. */
const PAGE = 10;
const CANCEL_ALL = { kind: "cancel_all", side: null };

describe("the commands of an action", () => {
  const told = (about: Action, owners: AccountId[] = []) =>
    commandsOf(about, "BTC-USD", owners).map(({ accountId: account, body }) => [account, body]);

  for (const kind of ["suspend", "close", "cancel_all"] as const)
    it(`cancel everything of the account when it is ${kind}`, () => {
      expect(told(action(7, kind, { accountId: ANN }), [BOB])).to.deep.equal([[ANN, CANCEL_ALL]]);
    });

  it("cancel everything of everybody who has orders when all are suspended", () => {
    expect(told(action(7, "suspend"), [ANN, BOB])).to.deep.equal([
      [ANN, CANCEL_ALL],
      [BOB, CANCEL_ALL],
    ]);
  });

  it("cancel everything of everybody in the asset that the action names, or in all", () => {
    for (const asset of ["BTC-USD", null])
      expect(told(action(7, "cancel_all", { asset }), [ANN, BOB])).to.deep.equal([
        [ANN, CANCEL_ALL],
        [BOB, CANCEL_ALL],
      ]);
    expect(told(action(7, "cancel_all", { asset: "ETH-USD" }), [ANN])).to.deep.equal([]);
    // Nothing waits for what the log holds: the asset takes no orders any more when it comes to this.
    expect(commandsOf(action(7, "cancel_all"), "BTC-USD", [ANN])[0]).to.include({ coversLog: false });
    expect(commandsOf(action(7, "cancel_all", { accountId: ANN }), "BTC-USD", [])[0]).to.include({ coversLog: true });
  });

  it("leave a trace where all are suspended and nobody has orders", () => {
    expect(told(action(7, "suspend"))).to.deep.equal([[0, { kind: "advance_clock" }]]);
  });

  it("set the state of the asset, or of all", () => {
    const state = { kind: "set_asset_state", state: "halted" };
    for (const asset of ["BTC-USD", null])
      expect(told(action(7, "set_asset_state", { asset, assetState: "halted" }))).to.deep.equal([[0, state]]);
    expect(told(action(7, "set_asset_state", { asset: "ETH-USD", assetState: "halted" }))).to.deep.equal([]);
  });

  it("are none where nothing changes in an engine", () => {
    for (const kind of [
      "create_account",
      "resume",
      "create_key",
      "revoke_key",
      "deposit",
      "kill_switch",
      "wind_down",
    ] as const)
      expect(told(action(7, kind, { accountId: ANN }), [ANN])).to.deep.equal([]);
    expect(told(action(7, "resume"), [ANN])).to.deep.equal([]);
  });
});

describe("following actions", () => {
  let isNews: boolean;
  let hasFired: boolean;
  let actions: Action[];
  let suspended: AccountId[];
  let follower: ActionsFollower;

  beforeEach(async () => {
    [actions, suspended] = [[], []];
    [isNews, hasFired] = [true, false];
    const store = {
      followedThrough: async (asset: string) => actionId(asset === "BTC-USD" ? 2 : 0),
      actionsAfter: async (after: number) => actions.filter((each) => each.actionId > after).slice(0, PAGE),
      suspendedAccounts: async () => new Set(suspended),
      fireTriggers: async () => hasFired,
      news: { ...DUE_NEWS, isDue: () => isNews },
      accountsWithOrders: async () => [],
    };
    follower = new ActionsFollower(store as unknown as ActionsStore);
    await follower.recover("BTC-USD");
    await follower.recover("ETH-USD");
  });
  const ids = async () =>
    [...(await follower.commands(["BTC-USD", "ETH-USD"]))].map(([asset, told]) => [
      asset,
      told.map((command) => Number(command.actionId)),
    ]);

  it("starts in each asset after the last action that its stored commands follow", async () => {
    actions = [1, 2, 3].map((id) => action(id, "cancel_all", { accountId: ANN }));
    expect(await ids()).to.deep.equal([
      ["BTC-USD", [3]],
      ["ETH-USD", [1, 2, 3]],
    ]);
  });

  it("asks for actions when there is news, when triggers made some, and when an asset is taken up", async () => {
    expect(await ids()).to.deep.equal([]);
    isNews = false;
    actions = [action(3, "cancel_all", { accountId: ANN })];
    expect(await ids()).to.deep.equal([]);
    hasFired = true;
    expect(await ids()).to.have.length(2);
    hasFired = false;
    actions.push(action(4, "cancel_all", { accountId: ANN }));
    expect((await ids())[0]).to.deep.equal(["BTC-USD", [3]]);
    await follower.recover("ETH-USD");
    expect((await ids())[0]).to.deep.equal(["BTC-USD", [3, 4]]);
  });

  it("asks for the same again until it is written", async () => {
    actions = [action(3, "cancel_all", { accountId: ANN })];
    expect(await ids()).to.deep.equal(await ids());
    for (const [asset, told] of await follower.commands(["BTC-USD", "ETH-USD"])) follower.written(asset, told);
    expect(await ids()).to.deep.equal([]);
  });

  it("tells an asset what is newest, however many actions another one waits with", async () => {
    const waiting = Array.from({ length: 3 * PAGE }, (_, index) => action(index + 3, "cancel_all", { accountId: ANN }));
    actions = waiting;
    follower.written("ETH-USD", (await follower.commands(["BTC-USD", "ETH-USD"])).get("ETH-USD") ?? []);
    const halt = action(3 * PAGE + 3, "set_asset_state", { asset: "ETH-USD", assetState: "halted" });
    [actions, suspended] = [[...waiting, halt, action(3 * PAGE + 4, "suspend", { accountId: BOB })], [BOB]];
    const told = await follower.commands(["BTC-USD", "ETH-USD"]);
    expect(told.get("BTC-USD")).to.have.length(waiting.length + 1);
    expect(told.get("ETH-USD")?.[0]).to.deep.include({ actionId: halt.actionId });
    expect(follower.isSuspended(BOB)).to.equal(true);
  });

  it("knows a suspended account before it tells the engines to cancel its orders", async () => {
    expect(follower.isSuspended(ANN)).to.equal(false);
    [actions, suspended] = [[action(3, "suspend", { accountId: ANN })], [ANN]];
    await follower.commands(["BTC-USD"]);
    expect(follower.isSuspended(ANN)).to.equal(true);
  });
});
