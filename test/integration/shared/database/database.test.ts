import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { expect } from "chai";
import { columns } from "../../../../src/shared/database/columns.js";
import { connectDatabase, type Database } from "../../../../src/shared/database/database.js";
import { isAboutValues, sqlState } from "../../../../src/shared/database/postgres-errors.js";
import { openSnapshot } from "../../../../src/shared/database/snapshot.js";
import { InvariantBroken } from "../../../../src/shared/domain/errors.js";
import { eventually } from "../../../support/eventually.js";
import { patience } from "../../../support/machine.js";
import { createDatabase, execute } from "../../../support/postgres.js";
import { serviceForTest } from "../../../support/service.js";
import { TcpProxy } from "../../../support/tcp-proxy.js";

const STALL = "stall here";
const FROZEN_LOCKS = `select 1 from pg_locks join pg_stat_activity using (pid)
  where application_name = 'frozen-test' and relation = 't'::regclass and mode = 'RowExclusiveLock'`;

const BROKEN_SESSIONS = `select 1 from pg_stat_activity where application_name = 'broken-test' and query like '%${STALL}%'
  union all select 1 from pg_locks join pg_stat_activity using (pid)
  where application_name = 'broken-test' and relation = 't'::regclass and mode = 'RowExclusiveLock'`;

/**
 * Between a client and Postgres: what the client sends from the word above on does not arrive, nor does anything later,
 * until it is sent on.
 */
class HalfSent {
  readonly url: string;
  readonly stalled: Promise<void>;
  readonly #listener: Server;
  readonly #sockets: Socket[] = [];
  #breaks: () => void = () => undefined;
  #sendsOn: () => void = () => undefined;

  private constructor(listener: Server, target: URL) {
    this.#listener = listener;
    const reached = new URL(target);
    reached.port = String((listener.address() as AddressInfo).port);
    this.url = reached.href;
    this.stalled = new Promise((resolve) => {
      listener.on("connection", (client) => {
        const server = connect({ host: target.hostname, port: Number(target.port) });
        this.#sockets.push(client, server);
        for (const socket of [client, server]) socket.on("error", () => undefined);
        server.on("data", (bytes) => client.write(bytes));
        server.on("close", () => client.destroy());
        client.on("data", (bytes) => {
          const at = bytes.indexOf(STALL);
          server.write(at < 0 ? bytes : bytes.subarray(0, at));
          if (at < 0) return;
          client.pause();
          this.#breaks = () => client.destroy();
          this.#sendsOn = () => server.end(bytes.subarray(at));
          resolve();
        });
      });
    });
  }

  static async to(url: string): Promise<HalfSent> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return new HalfSent(listener, new URL(url));
  }

  /** The client's connection ends; the server's does not. */
  break(): void {
    this.#breaks();
  }

  sendOn(): void {
    this.#sendsOn();
  }

  close(): void {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe("the database", () => {
  let url: string;
  let database: Database;

  before(async () => {
    url = await createDatabase();
    const { log } = serviceForTest("test");
    database = await connectDatabase(url, { applicationName: "database-test", log });
    await execute(url, "create table t (id bigint primary key, word text, is_so boolean)");
  });
  beforeEach(() => execute(url, "truncate t"));
  after(() => database.close());

  const insert = (...rows: [number, string | null, boolean | null][]) => ({
    name: "insert",
    text: "insert into t select * from unnest($1::bigint[], $2::text[], $3::boolean[]) returning id, word, is_so",
    values: [rows.map(([id]) => id), rows.map(([, word]) => word), rows.map(([, , isSo]) => isSo)],
  });
  const words = async () => (await execute(url, "select word from t order by id")).map((row) => row["word"]);

  it("runs transactions one after the other, in the order in which they were asked for, also after one that fails", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => void warnings.push(warning);
    process.on("warning", warned);
    const outcomes = await Promise.allSettled(
      [1, 2, 2, 3].map((id) => database.transaction([insert([id, `${id}`, true])])),
    );
    process.off("warning", warned);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect([await words(), warnings]).to.deep.equal([["1", "2", "3"], []]);
  });

  it("copies rows with what they hold, of any length and number", async () => {
    const wordOf = (id: number) => (id % 3 === 0 ? null : "ä".repeat(Math.abs(id) % 700));
    const ids = Array.from({ length: 3_000 }, (_, index) => index - 1_500);
    await database.transaction([
      insert(...ids.map((id) => [id, wordOf(id), id % 2 === 0] as [number, string, boolean])),
    ]);
    const copied = await database.copy(
      "select id, word, is_so, word, null from t where id < $1 order by id",
      [9],
      (row) => [row.integer(), row.text(), row.boolean(), row.word(), row.integer()],
    );
    const expected = ids.filter((id) => id < 9).map((id) => [id, wordOf(id), id % 2 === 0, wordOf(id), null]);
    expect(copied).to.deep.equal(expected);
  });

  it("copies again after a copy that failed, whoever failed it", async () => {
    const copy = (select: string) =>
      database.copy(select, ["it's"], (row) => row.text()).catch((error: unknown) => sqlState(error) ?? error);
    expect(await copy("select (1 / (random() * 0)::int)::text from generate_series(1, 100)")).to.equal("22012");
    expect(await copy("select pg_terminate_backend(pg_backend_pid())::text")).to.not.deep.equal(["t"]);
    expect(await copy("select 'a', 'column too many'")).to.be.instanceOf(InvariantBroken);
    expect(await copy("select $1")).to.deep.equal(["it's"]);
  });

  it("goes on when the server ends a connection just when its copy is done", async () => {
    const fields = ["SFATAL", "VFATAL", "C57P01", "Mterminating connection due to administrator command", ""];
    const text = Buffer.from(fields.map((field) => `${field}\0`).join(""));
    const ended = Buffer.concat([Buffer.from("E\0\0\0"), Buffer.of(text.length + 4), text]);
    const { hostname, port } = new URL(url);
    const isCopied = (bytes: Buffer) => bytes.includes("COPY 1\0") && bytes.subarray(-6, -4).equals(Buffer.from("Z\0"));
    const says = (bytes: Buffer) => (isCopied(bytes) ? Buffer.concat([bytes, ended]) : bytes);
    const proxy = await TcpProxy.to(hostname, Number(port), says);
    const throughProxy = new URL(url);
    throughProxy.port = String(proxy.port);
    const { log } = serviceForTest("ended");
    const other = await connectDatabase(throughProxy.href, { applicationName: "ended-test", log });
    for (let time = 0; time < 2; time++)
      expect(await other.copy("select 'a'", [], (row) => row.text())).to.deep.equal(["a"]);
    await other.close();
    proxy.close();
  });

  it("commits a transaction's statements together and returns each one's rows", async () => {
    const results = await database.transaction([
      insert([1, "one", true]),
      insert([2, null, null]),
      { name: "count", text: "select count(*) as n from t where id > $1", values: [0] },
      { name: "none", text: "delete from t where id = 99" },
    ]);
    expect(results).to.deep.equal([
      [{ id: 1, word: "one", is_so: true }],
      [{ id: 2, word: null, is_so: null }],
      [{ n: 2 }],
      [],
    ]);
    expect(await words()).to.deep.equal(["one", null]);
  });

  it("prepares a statement anew where its text has changed, in one transaction, too", async () => {
    const say = (word: string) => ({ name: "say", text: `select '${word}' as word` });
    const words = async (...said: string[]) =>
      (await database.transaction(said.map(say))).flat().map(({ word }) => word);
    expect(await words("today")).to.deep.equal(["today"]);
    expect(await words("today", "tomorrow", "tomorrow")).to.deep.equal(["today", "tomorrow", "tomorrow"]);
    expect(await words("tomorrow", "today")).to.deep.equal(["tomorrow", "today"]);
  });

  it("writes every kind of value, and nothing where there is none", async () => {
    const rows = [
      { id: 1n, small: -1, word: "ä€😀", isSo: true },
      { id: -(2n ** 63n), small: 2 ** 31 - 1, word: "", isSo: false },
      { id: 2n ** 63n - 1n, small: -(2 ** 31), word: "x".repeat(100_000), isSo: null },
      { id: Number.MAX_SAFE_INTEGER, small: null, word: undefined, isSo: undefined },
      { id: -Number.MAX_SAFE_INTEGER, small: 0, word: null, isSo: null },
      { id: -(2 ** 32), small: 256, word: "'\\\"{,}null", isSo: true },
    ];
    const fields = ["id", "small", "word", "isSo"] as const;
    const [written] = await database.transaction([
      {
        name: "all_kinds",
        text: `select id::text, small, word, is_so, nothing, alone from
          unnest($1::bigint[], $2::integer[], $3::text[], $4::boolean[], $5::bigint[], $6::text[])
          with ordinality as u(id, small, word, is_so, nothing, alone, place), (select $7::text) as one(given) order by place`,
        values: [
          ...columns(rows, ...fields.map((name) => (row: (typeof rows)[0]) => row[name]), () => null),
          ["alone"],
          "given",
        ],
      },
    ]);
    expect(written).to.deep.equal(
      rows.map(({ id, small, word, isSo }, place) => ({
        ...{ id: `${id}`, small, word: word ?? null, is_so: isSo ?? null },
        ...{ nothing: null, alone: place === 0 ? "alone" : null },
      })),
    );
  });

  for (const [value, type] of [
    [0.5, "bigint"],
    [2 ** 53, "bigint"],
    [2n ** 63n, "bigint"],
    ["1", "bigint"],
    [2 ** 31, "integer"],
    [1, "text"],
    [1, "boolean"],
  ] as const)
    it(`sends nothing of a transaction with ${typeof value} ${value} as a ${type}, and goes on`, async () => {
      const wrong = { name: `wrong_${type}`, text: `select $1::${type}[]`, values: [[value]] };
      const error = await database.transaction([insert([1, "one", true]), wrong]).catch((thrown: unknown) => thrown);
      expect(isAboutValues(error)).to.equal(true);
      await database.transaction([{ ...wrong, values: [[]] }, insert([2, "two", true])]);
      expect(await words()).to.deep.equal(["two"]);
    });

  it("writes text with quotes, backslashes, braces, commas and the word null as it is", async () => {
    const odd = ['"', "\\", "{}", ",", "null", "", " ", "'; DROP TABLE t", "é", "line\nbreak"];
    await database.transaction([insert(...odd.map((word, id): [number, string, null] => [id, word, null]))]);
    expect(await words()).to.deep.equal(odd);
  });

  it("commits nothing when one statement fails, says which error, and goes on", async () => {
    const twice = database.transaction([insert([1, "a", true]), insert([1, "b", true]), insert([2, "c", true])]);
    expect(sqlState(await twice.catch((error: unknown) => error))).to.equal("23505");
    expect(await words()).to.deep.equal([]);
    await database.transaction([insert([3, "d", true])]);
    expect(await words()).to.deep.equal(["d"]);
    expect(database.whyNotReady()).to.equal(null);
  });

  it("commits nothing of a transaction whose connection broke once its outcome was read", async () => {
    const half = await HalfSent.to(url);
    const { log } = serviceForTest("test");
    const broken = await connectDatabase(half.url, { applicationName: "broken-test", log });
    try {
      const outcome = broken
        .transaction([insert([1, "held up", true]), { name: "stall", text: `select '${STALL}'` }])
        .catch((error: unknown) => error);
      await half.stalled;
      half.break();
      expect(await outcome).to.be.an("error");
      expect(await broken.query("select id from t")).to.deep.equal([]);
      half.sendOn();
      await eventually("its end", async () => (await execute(url, BROKEN_SESSIONS)).length === 0);
      expect(await words()).to.deep.equal([]);
      await broken.transaction([insert([1, "again", true])]);
      expect(await words()).to.deep.equal(["again"]);
    } finally {
      half.close();
      await broken.close();
    }
  });

  it("lets go within 3 s of what a process holds that stands still in the middle of a transaction", async () => {
    await database.transaction([insert([1, "one", true])]);
    const change = (word: string) => ({ name: "change", text: "update t set word = $1 where id = 1", values: [word] });
    const half = await HalfSent.to(url);
    const { log } = serviceForTest("test");
    const frozen = await connectDatabase(half.url, { applicationName: "frozen-test", log });
    const stuck = frozen.transaction([change("frozen"), { name: "stall", text: `select '${STALL}'` }]);
    const outcome = stuck.catch((error: unknown) => error);
    try {
      await half.stalled;
      await eventually("its lock", async () => (await execute(url, FROZEN_LOCKS))[0]);
      const startedMs = performance.now();
      await database.transaction([change("successor")]);
      expect(performance.now() - startedMs).to.be.below(patience(3_000));
      expect(await words()).to.deep.equal(["successor"]);
    } finally {
      half.close();
      await frozen.close();
    }
    expect(await outcome).to.be.an("error");
  });

  it("rejects when its connection is cut, and connects anew", async () => {
    await database.transaction([insert([1, "before", true])]);
    const sleeping = database
      .transaction([{ name: "sleep", text: "select pg_sleep(30)" }])
      .catch((error: unknown) => error);
    const backend =
      "from pg_stat_activity where application_name = 'database-test' and query like '%pg_sleep%' and state = 'active'";
    await eventually("the statement runs", async () => (await execute(url, `select 1 ${backend}`))[0]);
    await execute(url, `select pg_terminate_backend(pid) ${backend}`);
    expect(await sleeping).to.be.instanceOf(Error);
    await database.transaction([insert([2, "after", true])]);
    expect(await words()).to.deep.equal(["before", "after"]);
  });

  it("refuses an int8 that a number can't hold", async () => {
    const error = await database.query("select 9007199254740993::bigint").catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(RangeError);
  });

  it("reads a snapshot page by page, as the tables were at its first read", async () => {
    await execute(url, "insert into t select id, 'before' from generate_series(1, 2500) as id");
    const snapshot = await openSnapshot(url, "snapshot-test");
    const select = "select count(*) as n, word from t where word <> $1 group by word";
    const count = async () => {
      for await (const rows of snapshot.pages(select, ["none"])) return rows;
      return [];
    };
    try {
      const sizes: number[] = [];
      for await (const rows of snapshot.pages("select id from t")) {
        if (sizes.push(rows.length) === 1) await execute(url, "update t set word = 'after'");
      }
      expect(sizes).to.deep.equal([1000, 1000, 500]);
      expect(await count()).to.deep.equal([{ n: 2500, word: "before" }]);
      expect(await count()).to.deep.equal([{ n: 2500, word: "before" }], "after a reader that stopped early");
    } finally {
      await snapshot.close();
    }
  });
});
