import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { type ConnectedDatabase, connectDatabase } from "../../../src/shared/database/database.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { beforeDeadline } from "../../../src/shared/process/waits.js";
import { eventually } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import { execute } from "../../support/postgres.js";
import { type Member, PostgresPair, startMember } from "../../support/postgres-pair.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const log = createLogger("test", "silent");

describe("a second Postgres", function () {
  this.timeout(120_000);
  let pair: PostgresPair;
  let database: ConnectedDatabase;

  before(async () => {
    pair = await PostgresPair.start(temporaryFolder());
    database = await connectDatabase(pair.url("postgres"), { applicationName: "test", log });
    await database.query("create table numbers (number bigint primary key)");
  });
  after(async () => {
    await database?.close();
    await pair?.stop();
  });

  const nameOf = ({ port }: Member) => `127.0.0.1:${port}`;
  const insert = (number: number) =>
    database.transaction([{ name: "", text: "insert into numbers values ($1)", values: [number] }]);
  const numbers = async () =>
    (await database.query<{ number: number }>("select number from numbers order by 1")).map(({ number }) => number);
  /** What it says on either channel. */
  const promote = async (...args: string[]) => {
    const main = join(projectRoot, "dist", "operator", "main.js");
    const env = { ...process.env, DATABASE_URL: pair.url("postgres") };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, "promote", ...args], { env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  };
  const again = <T>(what: string, work: () => Promise<T>) => eventually(what, () => work().catch(() => null), 20_000);

  it("is not promoted while the primary answers", async () => {
    expect(database.server).to.contain(nameOf(pair.primary));
    expect(await promote()).to.match(/promote: 127\.0\.0\.1:\d+ is the primary, and answers/);
  });

  it("is not promoted while it can't be told whether the primary runs", async () => {
    process.kill(pair.primary.process.pid, "SIGSTOP");
    try {
      expect(await promote()).to.match(/it can't be told whether .* runs/);
    } finally {
      process.kill(pair.primary.process.pid, "SIGCONT");
    }
  });

  it("keeps what the primary tells nobody of from being read, however it came to be committed there", async () => {
    await insert(1);
    await pair.standby.process.kill();
    const waiting = insert(2).catch((error: Error) => error);
    const { primary } = pair;
    const waits = "select pid from pg_stat_activity where wait_event = 'SyncRep'";
    await eventually("the commit that waits", async () => (await execute(primary.adminUrl, waits))[0]);
    await execute(primary.adminUrl, `select pg_terminate_backend(pid) from (${waits}) as w`);
    expect(await waiting).to.be.an("error");
    expect(await execute(primary.adminUrl, "select from numbers where number = 2")).to.have.length(1, "it is there");
    const read = await beforeDeadline(numbers(), 2_000).catch((error: Error) => error);
    expect(read).to.be.an("error", "what may be lost was read");
    pair.standby = await startMember(pair.standby.folder, pair.standby.port);
    expect(await again("the numbers, once the standby has them", numbers)).to.deep.equal([1, 2]);
  });

  it("takes over from a primary that died, with all that was committed", async () => {
    await insert(3);
    await pair.primary.process.kill();
    const startedMs = performance.now();
    expect(await promote()).to.match(new RegExp(`^${nameOf(pair.standby)} is the primary now`));
    await again("a commit", () => insert(4));
    expect(performance.now() - startedMs).to.be.below(patience(15_000));
    expect(await numbers()).to.deep.equal([1, 2, 3, 4]);
    expect(database.server).to.contain(nameOf(pair.standby));
  });

  it("is not followed back by a primary that comes again", async () => {
    pair.primary = await startMember(pair.primary.folder, pair.primary.port);
    await database.close();
    database = await connectDatabase(pair.url("postgres"), { applicationName: "test", log });
    expect(database.server).to.contain(nameOf(pair.standby));
  });

  it("follows in order where the primary hands over, which takes no writes any more", async () => {
    pair.promoted();
    await pair.beWhole();
    const { primary, standby } = pair;
    expect(await promote("--hand-over", "--json")).to.equal(
      `${JSON.stringify({ primary: nameOf(standby), fenced: nameOf(primary), force: null })}\n`,
    );
    await again("a commit", () => insert(5));
    expect(database.server).to.contain(nameOf(standby));
    const refused = await execute(primary.adminUrl, "insert into numbers values (6)").catch((error: Error) => error);
    expect(refused).to.have.property("code", "25006");
  });
});
