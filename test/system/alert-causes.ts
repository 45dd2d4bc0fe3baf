/** What makes each alert fire, done to a real pipeline. */
import pg from "pg";
import { type Bus, connectBus } from "../../src/shared/bus/bus.js";
import { askForDepth } from "../../src/shared/bus/depth-requests.js";
import { type Endpoints, writeEndpoints } from "../../src/shared/process/endpoints.js";
import { until } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { serviceForTest } from "../support/service.js";
import { ReportSubscriber } from "../support/subscriber.js";
import { TextSession } from "../support/trading-session.js";
import type { BourseUnderTest, Victim } from "./bourse-under-test.js";

/** Settings of the pipeline that bring limits within reach. */
export const NEAR_LIMITS = { RECONCILE_INTERVAL_MS: "1000", ORDER_HANDLER_CONNECTIONS_MAX: "40" };
const SESSIONS = 38;
/** Sessions that say nothing for a minute are ended. */
const PING_EVERY_MS = 20_000;
const PUBLISH = { deadlineMs: 10_000 };
const JUNK_MESSAGES = 15;
const JUNK_BYTES = 950_000;
/** Above the alert's 90 %, and a few are left for the services. */
const CONNECTIONS_SHARE = 0.92;

/** By whom it keeps waiting. A vacuum takes the last one, too. */
const LOCK_MODES = { writers: "exclusive", all: "access exclusive", owners: "share update exclusive" } as const;

/** Takes back what it has done. */
type Undo = () => Promise<void> | void;

export class AlertCauses {
  readonly bourse: BourseUnderTest;
  readonly #undo: Undo[] = [];
  #bus: Bus | null = null;

  constructor(bourse: BourseUnderTest) {
    this.bourse = bourse;
  }

  /** Ends what was caused, the last cause first. */
  async end(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  /** What takes back what was done. */
  atEnd(undo: Undo): void {
    this.#undo.push(undo);
  }

  /** A message that nobody can read, as a disk might make of one. */
  async garbled(stream: "orders" | "commands", asset: string): Promise<void> {
    const bus = await this.connectBus();
    await bus.publish(`${stream}.${asset}`, Buffer.from("no batch of anything"), PUBLISH);
  }

  /** Somebody edits a balance by hand. */
  async editedBalance(): Promise<void> {
    const edit = "update balances set available = available + 1 where currency = 'KCN' and account_id =";
    await execute(
      this.bourse.endpoints.databaseUrl,
      `${edit} (select account_id from accounts where name = 'random2')`,
    );
  }

  async manySessions(): Promise<void> {
    for (let count = 0; count < SESSIONS; count++) {
      const session = await TextSession.open(this.bourse.endpoints.orderHandler, "random1");
      this.atEnd(() => session.close());
      this.every(PING_EVERY_MS, () => session.request("PING"));
    }
  }

  async manyDatabaseConnections(): Promise<void> {
    const client = await this.databaseClient();
    const share = async () =>
      (
        await client.query(
          "select sum(numbackends) / current_setting('max_connections')::float as share from pg_stat_database",
        )
      ).rows[0].share as number;
    while ((await share()) < CONNECTIONS_SHARE) await this.databaseClient();
  }

  /** Commits don't wait for it: the server of `npm start` lets nobody follow. */
  async missingStandby(): Promise<void> {
    const client = await this.databaseClient();
    await client.query("alter system set synchronous_standby_names = 'nobody'");
    await client.query("select pg_reload_conf()");
  }

  /** Two transactions, each of which waits for what the other one holds. */
  async deadlock(): Promise<void> {
    const [one, other] = [await this.databaseClient(), await this.databaseClient()];
    await one.query("create table if not exists deadlock (id int primary key, n int)");
    await one.query("insert into deadlock values (1, 0), (2, 0) on conflict do nothing");
    for (const client of [one, other]) await client.query("begin");
    await one.query("update deadlock set n = 1 where id = 1");
    await other.query("update deadlock set n = 1 where id = 2");
    const waits = [
      one.query("update deadlock set n = 1 where id = 2"),
      other.query("update deadlock set n = 1 where id = 1"),
    ];
    await Promise.allSettled(waits);
    for (const client of [one, other]) await client.query("rollback");
  }

  /** Until an order of the asset is processed: before the first one ever, the order-handler counts no backlog. */
  async processed(asset: string): Promise<void> {
    const sql = "select from order_log where asset = $1 limit 1";
    const client = await this.databaseClient();
    await until(`an order in ${asset} to be processed`, async () => (await client.query(sql, [asset])).rowCount === 1);
  }

  /** A transaction of somebody else's that lets nobody write into the table, or read it, or change what it is. */
  async lockedTable(table: string, against: keyof typeof LOCK_MODES = "writers"): Promise<void> {
    const client = await this.databaseClient();
    await client.query("begin");
    await client.query(`lock table ${table} in ${LOCK_MODES[against]} mode`);
  }

  /** A small stream that somebody fills. */
  async filledStream(): Promise<void> {
    const bus = await this.connectBus();
    for (let count = 0; count < JUNK_MESSAGES; count++)
      await bus.publish(`$KV.horizons.junk-${count}`, Buffer.alloc(JUNK_BYTES), PUBLISH);
    this.atEnd(async () => {
      for (let count = 0; count < JUNK_MESSAGES; count++) await bus.purge("KV_horizons", `$KV.horizons.junk-${count}`);
    });
  }

  /** A reader of depth that loses everything again and again. */
  async forgetfulReader(asset: string): Promise<void> {
    const bus = await this.connectBus();
    this.every(500, () => askForDepth(bus, asset, null));
  }

  /** A network that drops the connections of a service to Postgres. */
  brokenConnections(applicationName: string): void {
    const sql = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1";
    this.every(3_000, () => execute(this.bourse.endpoints.databaseUrl, sql, [applicationName]));
  }

  /** A process that something keeps from running, most of the time. */
  stutter(victim: Victim, stopMs: number, runMs: number): void {
    const pid = this.bourse.pidOf(victim);
    let timer: NodeJS.Timeout;
    const stop = () => {
      process.kill(pid, "SIGSTOP");
      timer = setTimeout(run, stopMs);
    };
    const run = () => {
      process.kill(pid, "SIGCONT");
      timer = setTimeout(stop, runMs);
    };
    stop();
    this.atEnd(() => {
      clearTimeout(timer);
      process.kill(pid, "SIGCONT");
    });
  }

  /** The launcher puts another in its place. */
  kill(victim: Victim): void {
    process.kill(this.bourse.pidOf(victim), "SIGKILL");
  }

  freeze(victim: Victim): void {
    const pid = this.bourse.pidOf(victim);
    process.kill(pid, "SIGSTOP");
    this.atEnd(() => void process.kill(pid, "SIGCONT"));
  }

  /** A pipeline whose list of services lacks one. */
  forgottenService(service: string): void {
    const forgotten = this.bourse.endpoints.services.filter(({ name }) => name === service);
    this.listServices((listed) => listed.filter(({ name }) => name !== service));
    this.atEnd(() => this.listServices((listed) => [...listed, ...forgotten]));
  }

  /** Changes which services there are to look at. */
  listServices(change: (listed: Endpoints["services"]) => Endpoints["services"]): void {
    const { dataFolder, endpoints } = this.bourse;
    writeEndpoints(dataFolder, { ...endpoints, services: change(endpoints.services) });
  }

  /** Orders, answered or not, so many a second; wherever the handler refuses one, the next one follows. */
  async orders(asset: string, perSecond: number): Promise<void> {
    const session = await TextSession.open(this.bourse.endpoints.orderHandler, "random1");
    this.every(1_000 / perSecond, () => void session.request(`BUY ${asset} 1 1`).catch(() => undefined));
    this.atEnd(() => session.close());
  }

  async subscriber(): Promise<void> {
    const reports = new ReportSubscriber(this.bourse.endpoints.notifierUrl, "random1");
    this.atEnd(() => reports.close());
    await reports.subscribed;
  }

  /** Again and again until the end, whether it succeeds or not. */
  every(ms: number, work: () => Promise<unknown> | unknown): void {
    let last: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      last = Promise.resolve(work()).catch(() => undefined);
    }, ms);
    this.atEnd(async () => {
      clearInterval(timer);
      await last;
    });
  }

  async connectBus(): Promise<Bus> {
    if (this.#bus !== null) return this.#bus;
    const bus = await connectBus(this.bourse.endpoints.natsUrl, { name: "vandal", log: serviceForTest("test").log });
    this.#bus = bus;
    this.#undo.unshift(async () => {
      this.#bus = null;
      await bus.close();
    });
    return bus;
  }

  /** A session of somebody else's, with all rights. */
  async databaseClient(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.bourse.endpoints.databaseUrl });
    client.on("error", () => undefined);
    await client.connect();
    this.atEnd(() => client.end());
    return client;
  }
}
