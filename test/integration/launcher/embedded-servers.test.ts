import { statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { connect } from "nats";
import { natsSecret } from "../../../src/launcher/nats-users.js";
import { type NatsForTest, startNats, startNatsWithUsers } from "../../support/nats.js";
import { createDatabase, execute, type PostgresForTest, startPostgres } from "../../support/postgres.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("embedded nats-server", () => {
  let nats: NatsForTest;
  before(async () => {
    nats = await startNats();
  });
  after(() => nats.stop());

  it("keeps acknowledged messages and its port over kill -9", async () => {
    const connection = await connect({ servers: nats.url, reconnect: false });
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: "KEPT", subjects: ["kept"] });
    await connection.jetstream().publish("kept", "once");
    await nats.kill9();
    await connection.closed();

    await nats.restart();
    const again = await connect({ servers: nats.url });
    const { state } = await (await again.jetstreamManager()).streams.info("KEPT");
    await again.close();
    expect(state.messages).to.equal(1);
  });
});

describe("embedded nats-server with users", () => {
  let nats: Awaited<ReturnType<typeof startNatsWithUsers>>;
  before(async () => {
    nats = await startNatsWithUsers();
  });

  const problemOf = async (url: string, subject: string): Promise<string | null> => {
    const { username: user, password: pass, host } = new URL(url);
    const connection = await connect({ servers: host, reconnect: false, ...(user !== "" && { user, pass }) }).catch(
      (error: Error) => error,
    );
    if (connection instanceof Error) return connection.message;
    const problem = await connection
      .subscribe(subject, { max: 1, timeout: 300 })
      [Symbol.asyncIterator]()
      .next()
      .then(
        () => null,
        (error: Error) => error.message,
      );
    await connection.close();
    return problem;
  };

  it("lets nobody in without a password, and a service into its own work only", async () => {
    const { host } = new URL(nats.url);
    expect(await problemOf(`nats://${host}`, "orders.*")).to.match(/authorization/i);
    expect(await problemOf(`nats://bourse:bourse@${host}`, "orders.*")).to.match(/authorization/i);
    expect(await problemOf(nats.urlOf("order-handler"), "orders.*")).to.match(/permissions violation/i);
    expect(await problemOf(nats.urlOf("bourse"), "orders.*")).to.match(/timeout/i);
  });

  it("keeps its passwords and its log to their owner, and has the same ones after its next start", () => {
    for (const file of ["secret", "nats.conf", "nats.log"])
      expect(statSync(join(nats.folder, file)).mode & 0o777, file).to.equal(0o600);
    expect(statSync(nats.folder).mode & 0o777).to.equal(0o700);
    expect(natsSecret(nats.folder)).to.equal(natsSecret(nats.folder));
    expect(natsSecret(nats.folder)).to.not.equal(natsSecret(temporaryFolder()));
  });
});

describe("embedded Postgres", () => {
  let postgres: PostgresForTest;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.stop());

  it("keeps committed rows over kill -9", async () => {
    const url = await postgres.createDatabase();
    await execute(url, "create table kept as select 1 as value");
    await postgres.kill9();
    await postgres.restart();
    expect(await execute(url, "select value from kept")).to.deep.equal([{ value: 1 }]);
  });

  it("refuses a wrong password", async () => {
    const url = new URL(await postgres.createDatabase());
    url.password = "wrong";
    const refusal = await execute(url.href, "select 1").then(
      () => null,
      (error) => error,
    );
    expect(refusal).to.have.property("code", "28P01");
  });

  it("gives every test file a migrated database of its own", async () => {
    const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
    expect(one).not.to.equal(other);
    await execute(one, "create table mine (id int)");
    expect(await execute(other, "select to_regclass('mine') as mine")).to.deep.equal([{ mine: null }]);
    expect(await execute(other, "select id from migrations where id = 0")).to.have.lengthOf(1);
  });
});
