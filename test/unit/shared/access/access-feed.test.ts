import { expect } from "chai";
import pino from "pino";
import { AccessFeed } from "../../../../src/shared/access/access-feed.js";
import type { Database } from "../../../../src/shared/database/database.js";
import { accountId } from "../../../../src/shared/domain/units.js";
import { DUE_NEWS } from "../../../support/due-news.js";
import { until } from "../../../support/eventually.js";

const ANN = accountId(1);

/** The tables, as far as the feed asks for them. */
class Tables {
  isAway = false;
  polls = 0;
  actions: { actionId: number; kind: string; keyId: string | null; sessionId?: string }[] = [];
  ended: { session: string }[] = [];
  suspended: { id: number }[] = [];
  states: { asset: string; state: string }[] = [];

  news() {
    return DUE_NEWS;
  }

  async query(sql: string, [after = 0]: readonly unknown[] = []): Promise<unknown[]> {
    this.polls++;
    if (this.isAway) throw new Error("Postgres is away");
    if (sql.includes("max(action_id)")) return [{ last: this.actions.at(-1)?.actionId ?? null }];
    if (sql.includes("session_id as session")) return this.ended;
    if (sql.includes("from actions")) return this.actions.filter(({ actionId }) => actionId > Number(after));
    return sql.includes("from accounts") ? this.suspended : this.states;
  }
}

describe("the access feed", () => {
  let tables: Tables;
  let stopping: AbortController;
  let following: Promise<void>;
  let feed: AccessFeed;

  const log = pino({ level: "silent" });
  beforeEach(async () => {
    tables = new Tables();
    stopping = new AbortController();
    feed = await AccessFeed.start(tables as unknown as Database, log);
    following = feed.run(stopping.signal);
  });
  afterEach(async () => {
    stopping.abort();
    await following;
  });
  const untilPolled = async () => {
    const polls = tables.polls;
    await until("two more polls", () => tables.polls >= polls + 2);
  };

  it("does not start on a guess", async () => {
    tables.isAway = true;
    const started = AccessFeed.start(tables as unknown as Database, log);
    expect(
      await started.then(
        () => "started",
        (error: Error) => error.message,
      ),
    ).to.equal("Postgres is away");
  });

  it("keeps what it knows while Postgres is away, and goes on when it is back", async () => {
    tables.suspended = [{ id: ANN }];
    tables.states = [{ asset: "BTC-USD", state: "halted" }];
    tables.actions = [
      { actionId: 1, kind: "suspend", keyId: null },
      { actionId: 2, kind: "set_asset_state", keyId: null },
    ];
    await until("the news", () => feed.isSuspended(ANN) && feed.stateOf("BTC-USD") === "halted");
    tables.isAway = true;
    tables.suspended = [];
    tables.actions.push({ actionId: 3, kind: "resume", keyId: null }, { actionId: 4, kind: "revoke_key", keyId: "k" });
    await untilPolled();
    expect([feed.isSuspended(ANN), feed.stateOf("BTC-USD"), feed.isRevoked("k")]).to.deep.equal([
      true,
      "halted",
      false,
    ]);
    tables.isAway = false;
    await until("the news", () => !feed.isSuspended(ANN) && feed.isRevoked("k"));
  });

  it("knows the sign-ins that were ended, also those of shortly before it began", async () => {
    const [ended, endsNow] = [`session-${"a".repeat(32)}`, `session-${"b".repeat(32)}`];
    tables.ended = [{ session: ended }];
    const later = await AccessFeed.start(tables as unknown as Database, log);
    expect([later.isRevoked(ended), feed.isRevoked(ended)]).to.deep.equal([true, false]);
    tables.actions.push({ actionId: 1, kind: "end_session", keyId: null, sessionId: endsNow });
    await until("the news", () => feed.isRevoked(endsNow));
  });

  it("asks for nothing but news while there are none", async () => {
    const before = tables.polls;
    await untilPolled();
    expect(feed.stateOf("ETH-USD")).to.equal("open");
    const asked = tables.polls - before;
    expect(asked).to.be.within(2, 4);
  });
});
