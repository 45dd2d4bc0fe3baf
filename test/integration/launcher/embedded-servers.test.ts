import { expect } from "chai";
import { connect } from "nats";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase, execute, type PostgresForTest, startPostgres } from "../../support/postgres.js";

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
