import { expect } from "chai";
import { type ConnectedDatabase, connectDatabase } from "../../../../src/shared/database/database.js";
import type { News } from "../../../../src/shared/database/news.js";
import { until } from "../../../support/eventually.js";
import { patience } from "../../../support/machine.js";
import { createDatabase } from "../../../support/postgres.js";
import { serviceForTest } from "../../../support/service.js";

/** As news.ts has it: the time after which its followers ask without news. */
const HEARING_MS = 5_000;
const ACTION = "select record_action('kill_switch', null, null, null, null, null, 'test', 'news')";
const LISTENERS = "select pid from pg_stat_activity where datname = current_database() and query = 'listen actions'";

describe("news of actions", () => {
  const { signal: stopping } = new AbortController();
  let database: ConnectedDatabase;
  let news: News;

  beforeEach(async () => {
    const { log } = serviceForTest("news-test");
    database = await connectDatabase(await createDatabase(), { applicationName: "news-test", log });
    news = database.news();
  });
  afterEach(() => database.close());

  const listener = async () => (await database.query<{ pid: number }>(LISTENERS))[0]?.pid ?? null;
  const lastAction = async () =>
    (await database.query<{ last: number | null }>("select max(action_id) as last from actions"))[0]?.last;
  /** Asks until an answer is the expected one, and no more. */
  async function askUntil(expected: unknown): Promise<void> {
    do await news.come(stopping);
    while ((await news.ask(lastAction)) !== expected);
  }

  it("come when one was committed, long before one would ask without", async () => {
    await askUntil(null);
    await until("somebody listens", async () => (await listener()) !== null);
    await askUntil(null);
    const startedMs = performance.now();
    for (let id = 1; id <= 5; id++) {
      await database.query(ACTION);
      await askUntil(id);
    }
    expect(performance.now() - startedMs).to.be.lessThan(patience(HEARING_MS));
  });

  it("come again after the connection that told them was cut, for every follower", async () => {
    const other = database.news();
    await askUntil(null);
    await until("somebody listens", async () => (await listener()) !== null);
    const cut = await listener();
    await database.query("select pg_terminate_backend($1)", [cut]);
    await database.query(ACTION);
    await askUntil(1);
    await until("somebody else listens", async () => {
      news.isDue(); // a follower that comes back connects
      return ![cut, null].includes(await listener());
    });
    await database.query(ACTION);
    await askUntil(2);
    expect(await other.come(stopping)).to.equal(true);
    expect(await other.ask(lastAction)).to.equal(2);
  });

  it("are asked for again where the question failed", async () => {
    await askUntil(null);
    const failed = await news.ask(() => Promise.reject(new Error("no answer"))).catch((error: Error) => error.message);
    expect(failed).to.equal("no answer");
    const startedMs = performance.now();
    expect(await news.come(stopping)).to.equal(true);
    expect(performance.now() - startedMs).to.be.lessThan(patience(HEARING_MS) / 2);
  });

  it("end their followers' wait when the service stops", async () => {
    await askUntil(null);
    const stop = new AbortController();
    const coming = news.come(stop.signal);
    stop.abort();
    expect(await coming).to.equal(false);
  });
});
