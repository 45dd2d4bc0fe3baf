/** Cancel on disconnect while Postgres is slow, stands still or loses a connection: it fires for the gone, and only for them. */
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { type ConnectedDatabase, connectDatabase, type Queries } from "../../../src/shared/database/database.js";
import { accountId } from "../../../src/shared/domain/units.js";
import { CancelTriggers } from "../../../src/shared/order-entry/cancel-triggers.js";
import { CancelTriggersStore } from "../../../src/shared/order-entry/cancel-triggers-store.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { until } from "../../support/eventually.js";
import { asRole, type PostgresForTest, startPostgres } from "../../support/postgres.js";

const LOGINS = 2_000;
/** Longer than a lease lasts. */
const FROZEN_MS = 8_000;
const STAYS = { isLeaving: () => false, isBusy: () => false };

describe("cancel on disconnect", function () {
  this.timeout(60_000);
  let postgres: PostgresForTest;
  let url: string;
  let owner: ConnectedDatabase;
  let handler: ConnectedDatabase;
  let renewals: Queries;
  let triggers: CancelTriggers;
  let sweeping: NodeJS.Timeout;
  let isLooking: boolean;
  let looking: Promise<void>;
  let ids: string[];

  before(async () => {
    postgres = await startPostgres({ isDurable: false });
  });
  after(() => postgres.stop());

  beforeEach(async () => {
    url = await postgres.createDatabase();
    const log = createLogger("cod-test", "silent");
    owner = await connectDatabase(url, { applicationName: "cod-test", log });
    handler = await connectDatabase(asRole(url, "bourse_order_handler"), { applicationName: "order-handler", log });
    for (const name of ["gone", "stays"]) await createApiKey(owner, name, name, name);
    const sessions = handler.lane({ connections: 2, timeoutMs: 5_000 });
    renewals = handler.lane({ connections: 1, timeoutMs: 1_000 });
    const store = new CancelTriggersStore(sessions, renewals);
    triggers = new CancelTriggers({
      store,
      answerTimeoutMs: 20_000,
      requestTimeoutMs: 5_000,
      nowMs: () => performance.now(),
      log,
    });
    await triggers.start("here:7001");
    sweeping = setInterval(() => triggers.sweep(), 100);
    isLooking = true;
    looking = look();
    const [gone, stays] = await Promise.all(["gone", "stays"].map(accountOf));
    // The first of them is the one that goes.
    const opened = Array.from({ length: LOGINS }, (_, index) =>
      triggers.open(accountId((index === 0 ? gone : stays) as number), STAYS),
    );
    ids = await Promise.all(opened);
  });
  afterEach(async () => {
    clearInterval(sweeping);
    isLooking = false;
    await looking;
    await handler.close();
    await owner.close();
  });

  /** As order-processing looks, over a connection of its own. */
  async function look(): Promise<void> {
    while (isLooking) {
      await owner.query("select fire_cancel_triggers(100)").catch(() => undefined);
      await pause(100);
    }
  }
  const accountOf = async (name: string) => {
    const [row] = await owner.query<{ id: number }>("select account_id as id from accounts where name = $1", [name]);
    return row?.id ?? 0;
  };
  const cancelled = async () => {
    const rows = await owner.query<{ name: string }>(
      "select name from actions join accounts using (account_id) where actions.kind = 'cancel_all'",
    );
    return rows.map(({ name }) => name);
  };
  /** Long enough for whatever is due to have fired. */
  const untilWatched = async (forMs: number) => {
    const startedMs = performance.now();
    await until(
      "looks without a break",
      async () => {
        const [watch] = await owner.query<{ calm: boolean }>(
          "select since < now() - interval '6 seconds' as calm from trigger_watch",
        );
        return watch?.calm === true && performance.now() - startedMs > forMs;
      },
      30_000,
    );
  };
  const onlyTheGoneGo = async () => {
    expect(await cancelled()).to.deep.equal([]);
    triggers.end(ids[0] as string);
    await until("the gone one's cancel", async () => (await cancelled()).length > 0, 20_000);
    await untilWatched(0);
    expect(await cancelled()).to.deep.equal(["gone"]);
  };

  it("lets 2,000 who log in at once be, and cancels for the one of them who goes", async () => {
    await untilWatched(6_000);
    await onlyTheGoneGo();
  });

  it(`lets everybody be when Postgres stands still for ${FROZEN_MS / 1_000} s, and cancels for who has gone meanwhile`, async () => {
    await untilWatched(0);
    postgres.freeze();
    await pause(FROZEN_MS);
    postgres.thaw();
    await untilWatched(1_000);
    await onlyTheGoneGo();
  });

  it("renews over another connection when the one that it has hangs", async () => {
    await untilWatched(0);
    void renewals.query("select pg_sleep(7)").catch(() => undefined);
    await pause(7_000);
    await onlyTheGoneGo();
  });

  it("cancels for all of an order-handler that is gone", async () => {
    await untilWatched(0);
    clearInterval(sweeping);
    await until("all cancels", async () => new Set(await cancelled()).size === 2, 20_000);
  });
});
