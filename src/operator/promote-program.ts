/** `npm run promote`: a standby of Postgres becomes the primary, once it is known that no other takes writes. */
import { type ConnectedDatabase, connectDatabase } from "../shared/database/database.js";
import { nameOf, serversOf } from "../shared/database/server-choice.js";
import { RefusedToOperator } from "../shared/operators/refused.js";
import type { Logger } from "../shared/process/log.js";
import { commandLine, textOption } from "../shared/process/options.js";
import { waitFor } from "../shared/process/waits.js";
import { operatorConfig } from "./config.js";
import { planOf, type ServerSeen } from "./promotion.js";

const SUMMARY = "Makes a standby of Postgres the primary, and refuses where two could take writes.";
const HELP = `
DATABASE_URL names all servers: postgres://user:password@db1:5432,db2:5432/bourse, as a user who may promote (a superuser).
The primary counts as down when its machine refuses connections for two seconds and no standby hears from it. Where it can't
be asked, say with --force how you know that it does not run. With --hand-over a primary that runs is followed in order: it takes
no more writes, the standby catches up, then it is promoted. Services go on by themselves; what is left to do is printed.
Exit codes: 0 done, 1 refused, 2 not understood.`;

/** One that refuses connections for so long is down: it is tried again and again, and may have been on its way up. */
const CONNECT_DEADLINE_MS = 2_000;
const PROMOTE_TIMEOUT_MS = 60_000;
const CATCH_UP_DEADLINE_MS = 10_000;

const SEEN = `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only,
  (case when pg_is_in_recovery()
     then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn else 0 end)::float8 as received,
  exists (select from pg_stat_wal_receiver where status = 'streaming'
          and last_msg_receipt_time > now() - interval '2 seconds') as following`;

interface Row {
  readonly standby: boolean;
  readonly read_only: boolean;
  readonly received: number;
  readonly following: boolean;
}

interface Server {
  readonly name: string;
  readonly url: string;
}

export async function runPromote(args: readonly string[], log: Logger): Promise<void> {
  const { to, handOver, force, json } = commandLine("promote", SUMMARY)
    .addOption(textOption("--to <host:port>", "which standby, where there are several"))
    .option("--hand-over", "the primary runs, and is to be followed in order")
    .addOption(textOption("--force <reason>", "how you know that a server that can't be asked does not run"))
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP)
    .parse([...args], { from: "user" })
    .opts();
  const { databaseUrl, user } = operatorConfig();
  const servers = serversOf(databaseUrl).map((url) => ({ name: nameOf(url), url }));
  if (servers.length === 1)
    throw new RefusedToOperator(
      `DATABASE_URL names ${servers[0]?.name} alone; name all servers, with commas between them`,
    );
  const wish = { to: to ?? null, handsOver: handOver === true, force: force ?? null };
  const plan = planOf(await Promise.all(servers.map((server) => lookAt(server, log))), wish);
  if (plan.kind === "refused") throw new RefusedToOperator(plan.why);
  const of = (name: string) => servers.find((server) => server.name === name) as Server;
  const standby = await connect(of(plan.standby), log);
  try {
    if (plan.fenceFirst !== null) await handOverTo(standby, of(plan.fenceFirst), log);
    await promote(standby, `promoted by ${user}${wish.force === null ? "" : `, forced: ${wish.force}`}`);
    const others = servers.map(({ name }) => name).filter((name) => name !== plan.standby);
    const done = { primary: plan.standby, fenced: plan.fenceFirst, force: wish.force };
    process.stdout.write(`${json ? JSON.stringify(done) : nextSteps(plan.standby, others)}\n`);
  } finally {
    await standby.close();
  }
}

async function lookAt(server: Server, log: Logger): Promise<ServerSeen> {
  const { name } = server;
  try {
    const database = await connect(server, log);
    try {
      const [row] = await database.query<Row>(SEEN);
      if (row?.standby === true)
        return { kind: "standby", name, receivedBytes: row.received, isFollowing: row.following };
      return { kind: row?.read_only === true ? "fenced" : "primary", name };
    } finally {
      await database.close();
    }
  } catch (error) {
    const { message, code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return code === "ECONNREFUSED" ? { kind: "down", name } : { kind: "silent", name, why: message };
  }
}

function connect({ url }: Server, log: Logger): Promise<ConnectedDatabase> {
  return connectDatabase(url, { applicationName: "promote", log, poolMax: 1 }, CONNECT_DEADLINE_MS);
}

/** The primary takes no more writes, now and after a restart, and the standby has all that it took. */
async function handOverTo(standby: ConnectedDatabase, of: Server, log: Logger): Promise<void> {
  const primary = await connect(of, log);
  try {
    await primary.query("alter system set default_transaction_read_only = on");
    await primary.query("select pg_reload_conf()");
    await primary.query(
      `select pg_terminate_backend(pid, 1000) from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    const [last] = await primary.query<{ bytes: number }>(
      "select (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::float8 as bytes",
    );
    const hasAll = async () => {
      const [row] = await standby.query<Row>(SEEN);
      return (row?.received ?? 0) >= (last?.bytes ?? Number.POSITIVE_INFINITY) || null;
    };
    await waitFor("the standby to have all of the log", { deadlineMs: CATCH_UP_DEADLINE_MS }, hasAll).catch(
      async (cause) => {
        await primary.query("alter system reset default_transaction_read_only");
        await primary.query("select pg_reload_conf()");
        throw new RefusedToOperator(`${of.name} stays the primary: ${(cause as Error).message}`, "of what is", {
          cause,
        });
      },
    );
  } finally {
    await primary.close();
  }
}

/** Its commits wait for nobody then: the standby that they waited for is itself. */
async function promote(standby: ConnectedDatabase, why: string): Promise<void> {
  const lane = standby.lane({ connections: 1, timeoutMs: PROMOTE_TIMEOUT_MS });
  await lane.query("select pg_promote(true, $1)", [PROMOTE_TIMEOUT_MS / 1_000]);
  await lane.query("alter system set synchronous_standby_names = ''");
  await lane.query("alter system reset default_transaction_read_only");
  await lane.query("select pg_reload_conf()");
  const [row] = await lane.query<Row>(SEEN);
  if (row?.standby !== false) throw new RefusedToOperator("the standby was not promoted in time: see its log");
  await lane.query("select set_config('bourse.why', $1, false)", [why]);
  await lane.query("do $$ begin raise log 'bourse: %', current_setting('bourse.why'); end $$");
}

function nextSteps(primary: string, others: readonly string[]): string {
  return `${primary} is the primary now. Services go on with it by themselves; npm run status shows them.

What is committed is on this one server until it is followed again:
  1. ${others.join(", ")}: don't start it as it is. It may hold commits that nobody was told of.
  2. Empty its data folder, and make it a standby of ${primary}: pg_basebackup -R …
  3. When it follows: alter system set synchronous_standby_names = '…'; select pg_reload_conf();
docs/operations.md, "A second Postgres", has each command.`;
}
