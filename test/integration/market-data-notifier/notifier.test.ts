import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import type { AccountId } from "../../../src/shared/domain/units.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { ASSETS_FILE, type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { report, type Settlement, startSettlement, trade } from "./settlement-for-test.js";
import { ask, event, gather, range } from "./subscriber.js";

const EXAMPLE = join(projectRoot, "examples", "subscribe.mjs");

describe("market-data-notifier", () => {
  let nats: NatsForTest;
  let servers: { natsUrl: string; databaseUrl: string };
  let settlement: Settlement;
  let notifier: NotifierUnderTest;
  let alice: AccountId;
  let bob: AccountId;

  before(async () => {
    nats = await startNats();
    servers = { natsUrl: nats.url, databaseUrl: await createDatabase() };
    settlement = await startSettlement(servers);
    await storeAssets(settlement.database, loadAssets(ASSETS_FILE));
    alice = await settlement.createAccount("alice");
    bob = await settlement.createAccount("bob");
    notifier = await startNotifier(servers);
  });

  after(async () => {
    await notifier.stop();
    await settlement.stop();
    await nats.stop();
  });

  const aliceAuth = { keyId: "alice", secret: "alice" };
  let lastOfAlice = 0;
  const settleForAlice = async (count: number) => {
    const reports = range(lastOfAlice + 1, lastOfAlice + count).map((sequence) => report(alice, sequence));
    lastOfAlice += count;
    await settlement.settle("BTC-USD", { reports });
  };

  describe("trades", () => {
    it("are shown in the acknowledgement, at most the last 50, and go on from there without a gap", async () => {
      await settlement.settle("ETH-USD", { trades: range(1, 60).map(trade) });
      const socket = notifier.connect();
      const live = gather(socket, "trades");
      await until(
        "the trades are known",
        async () => (await ask(socket, "subscribe", { channel: "trades", asset: "ETH-USD" })).trades?.length === 50,
      );
      const reply = await ask(socket, "subscribe", { channel: "trades", asset: "ETH-USD" });
      expect(reply.trades?.map((t) => t.tradeId)).to.deep.equal(range(11, 60));
      expect(reply.trades?.[0]).to.include({ price: "64000.11", quantity: "0.011", takerSide: "sell" });
      live.length = 0;
      await settlement.settle("ETH-USD", { trades: range(61, 70).map(trade) });
      await until("all are told", () => live.length === 10);
      expect(live).to.deep.equal(range(61, 70));
    });

    it("that no notification told are read from the database", async () => {
      const socket = notifier.connect();
      const live = gather(socket, "trades");
      await ask(socket, "subscribe", { channel: "trades", asset: "SOL-USDC" });
      await settlement.commit("SOL-USDC", { trades: range(1, 5).map(trade) });
      await settlement.settle("SOL-USDC", { trades: [trade(6)] });
      await until("all are told", () => live.length === 6);
      expect(live).to.deep.equal(range(1, 6));
    });
  });

  describe("balances", () => {
    it("need a login", async () => {
      const reply = await ask(notifier.connect(), "subscribe", { channel: "balances" });
      expect(reply).to.deep.include({ ok: false, code: "LOGIN_REQUIRED" });
    });

    it("are all in the acknowledgement, and told when they change: with a report, or without one", async () => {
      const deposit = (units: number, reference: string) =>
        settlement.database.query("select book_transfer('deposit', $1, 'USD', $2, $3, 'test')", [
          bob,
          units,
          reference,
        ]);
      await deposit(5_500_000, "first");
      const socket = notifier.connect({ keyId: "bob", secret: "bob" });
      const told: { currency: string; available: string; held: string; accountSequence: number }[] = [];
      socket.on("balances", (balance) => told.push(balance));
      const reply = await ask(socket, "subscribe", { channel: "balances" });
      expect(reply).to.include({ ok: true, accountSequence: 0 });
      expect(reply.balances?.map(({ currency }) => currency)).to.include.members(["BTC", "EUR", "USD"]);
      expect(reply.balances).to.deep.include({ currency: "USD", available: "5.5", held: "0" });
      await deposit(1_000_000, "second");
      await until("the deposit is told", () => told.length === 1);
      expect(told[0]).to.deep.equal({ currency: "USD", available: "6.5", held: "0", accountSequence: 0 });
      await settlement.database.query(
        "select change_balances(array[$1::bigint], array['USD'], array[-500000], array[500000], array[1])",
        [bob],
      );
      await settlement.settle("BTC-USD", { reports: [report(bob, 1)] });
      await until("the hold is told", () => told.length === 2);
      expect(told[1]).to.deep.equal({ currency: "USD", available: "6", held: "0.5", accountSequence: 1 });
    });
  });

  describe("orders", () => {
    it("need a login", async () => {
      const reply = await ask(notifier.connect(), "subscribe", { channel: "orders" });
      expect(reply).to.deep.include({ ok: false, code: "LOGIN_REQUIRED" });
    });

    it("of a wrong key fail the connection", async () => {
      const error = await event(notifier.connect({ keyId: "alice", secret: "wrong" }), "connect_error");
      expect((error as Error).message).to.match(/^LOGIN_REJECTED: /);
    });

    it("start with the open orders and the account's sequence, and go on after it", async () => {
      await settleForAlice(3);
      const socket = notifier.connect(aliceAuth);
      const live = gather(socket, "orders");
      const reply = await ask(socket, "subscribe", { channel: "orders" });
      expect(reply).to.deep.include({ ok: true, accountSequence: lastOfAlice, openOrdersTotal: lastOfAlice });
      await settleForAlice(2);
      await until("all are told", () => live.length === 2);
      expect(live).to.deep.equal([lastOfAlice - 1, lastOfAlice]);
    });

    it("are replayed from any sequence, more than a packet of them, then go on live", async () => {
      await settleForAlice(1_200);
      const socket = notifier.connect(aliceAuth);
      const all = gather(socket, "orders");
      await ask(socket, "subscribe", { channel: "orders", from: 0 });
      await settleForAlice(10);
      await until("all are told", () => all.length >= lastOfAlice);
      expect(all).to.deep.equal(range(1, lastOfAlice));
    });

    it("reach every subscriber whole and in order, whenever it comes, while orders flow", async () => {
      const first = lastOfAlice;
      const flow = (async () => {
        for (let i = 0; i < 60; i++) await settleForAlice(5);
      })();
      const subscribers: { all: number[]; after: number }[] = [];
      for (let i = 0; i < 20; i++) {
        const socket = notifier.connect(aliceAuth);
        const all = gather(socket, "orders");
        const from = i % 2 === 0 ? first : undefined;
        const { accountSequence } = await ask(socket, "subscribe", {
          channel: "orders",
          ...(i % 2 === 0 ? { from } : {}),
        });
        subscribers.push({ all, after: from ?? accountSequence ?? 0 });
      }
      await flow;
      await until("all are told", () => subscribers.every(({ all, after }) => (all.at(-1) ?? after) === lastOfAlice));
      for (const { all, after } of subscribers) expect(all).to.deep.equal(range(after + 1, lastOfAlice));
    });

    it("that no notification told, and none followed, are read from the database", async () => {
      const socket = notifier.connect({ keyId: "bob", secret: "bob" });
      const live = gather(socket, "orders");
      await ask(socket, "subscribe", { channel: "orders" });
      await settlement.commit("BTC-USD", { reports: range(2, 5).map((sequence) => report(bob, sequence)) });
      await until("all are told", () => live.length === 4);
      expect(live).to.deep.equal(range(2, 5));
    });

    it("say the same live and replayed, their fee, too", async () => {
      const carol = await settlement.createAccount("carol");
      const before = await notifier.metric('subscriptions{channel="orders"');
      const replies: { fee: string; feeCurrency: string }[] = [];
      const socket = notifier.connect({ keyId: "carol", secret: "carol" });
      socket.on("orders", ({ reports }) => replies.push(...reports));
      await ask(socket, "subscribe", { channel: "orders" });
      await settlement.settle("BTC-USD", { reports: [{ ...report(carol, 1), feeUnits: -50_000 }] });
      await until("it is told live", () => replies.length === 1);
      // Who leaves last takes the account's reports out of memory: they are read from the database.
      socket.close();
      await until("it is gone", async () => (await notifier.metric('subscriptions{channel="orders"')) === before);
      const later = notifier.connect({ keyId: "carol", secret: "carol" });
      later.on("orders", ({ reports }) => replies.push(...reports));
      await ask(later, "subscribe", { channel: "orders", from: 0 });
      await until("it is told again", () => replies.length === 2);
      expect(replies[0]).to.include({ fee: "-0.05", feeCurrency: "USD" });
      expect(replies[1]).to.deep.equal(replies[0]);
    });

    it("come with all open orders, page by page", async () => {
      const dave = await settlement.createAccount("dave");
      await settlement.database.query(
        `insert into orders (asset, order_id, account_id, side, type, time_in_force, price_ticks, quantity_lots, filled_lots,
           leaves_lots, status, received_at_us, updated_at_us)
         select asset, 1000000000 + n, $1, 'buy', 'limit', 'GTC', 100, 10, 0, 10, 'open', 1, 1
         from unnest(array['BTC-USD', 'ETH-USD']) asset, generate_series(1, 1100) n`,
        [dave],
      );
      const socket = notifier.connect({ keyId: "dave", secret: "dave" });
      const pages = [await ask(socket, "subscribe", { channel: "orders" })];
      for (let { next } = pages[0]!; next !== undefined; next = pages.at(-1)?.next)
        pages.push(await ask(socket, "subscribe", { channel: "orders", next }));
      expect(pages.map(({ openOrders }) => openOrders?.length)).to.deep.equal([1_000, 1_000, 200]);
      expect(pages.map(({ accountSequence }) => accountSequence)).to.deep.equal([0, 0, 0]);
      expect(pages[0]?.openOrdersTotal).to.equal(2_200);
      const places = pages.flatMap(({ openOrders }) => openOrders?.map((one) => `${one.asset} ${one.orderId}`));
      expect(new Set(places)).to.have.property("size", 2_200);
      const example = spawn(process.execPath, [EXAMPLE, "BTC-USD", "dave"], {
        env: { ...process.env, NOTIFIER_URL: notifier.url },
      });
      let shown = "";
      for (const stream of [example.stdout, example.stderr]) stream.on("data", (chunk) => (shown += chunk));
      const ended = once(example, "exit");
      try {
        await until("the example has them all", () => shown.includes(" open orders of dave"));
        expect(shown).to.contain("2200 open orders of dave, last report #0");
      } finally {
        example.kill();
        await ended;
      }
    });

    it("are shown by the example for as long as somebody reads, and then it ends without a word", async () => {
      await settlement.createAccount("grace");
      const pipe = spawn("sh", ["-c", `"${process.execPath}" "${EXAMPLE}" BTC-USD grace | head -n 1`], {
        env: { ...process.env, NOTIFIER_URL: notifier.url },
        detached: true,
      });
      let shown = "";
      for (const stream of [pipe.stdout, pipe.stderr]) stream.on("data", (chunk) => (shown += chunk));
      try {
        await until("the example has ended", () => pipe.exitCode !== null);
        expect(shown).to.equal(`connected to ${notifier.url} as grace\n`);
      } finally {
        if (pipe.exitCode === null) process.kill(-(pipe.pid ?? 0), "SIGKILL");
      }
    });

    it("are still told to an account that is suspended: it may read, and not trade", async () => {
      const erin = await settlement.createAccount("erin");
      const auth = { keyId: "erin", secret: "erin" };
      const before = notifier.connect(auth);
      const live = gather(before, "orders");
      await ask(before, "subscribe", { channel: "orders" });
      await settlement.database.query("select change_account('suspend', $1, 'op', 'why')", [erin]);
      await settlement.settle("BTC-USD", { reports: [report(erin, 1)] });
      await until("it is told", () => live.length === 1);
      const after = notifier.connect(auth);
      const replayed = gather(after, "orders");
      expect(await ask(after, "subscribe", { channel: "balances" })).to.include({ ok: true });
      expect(await ask(after, "subscribe", { channel: "orders", from: 0 })).to.include({ ok: true });
      await until("it is told again", () => replayed.length === 1);
      expect(before.connected).to.equal(true);
    });

    it("survive the loss of the stream with its memory", async () => {
      const socket = notifier.connect(aliceAuth);
      const live = gather(socket, "orders");
      await ask(socket, "subscribe", { channel: "orders" });
      const first = lastOfAlice;
      await settleForAlice(2);
      await nats.kill9();
      await settlement.commit("BTC-USD", { reports: [report(alice, lastOfAlice + 1)] });
      lastOfAlice += 1;
      await nats.restart();
      await until("the bus is back", () => settlement.bus.isConnected());
      await settlement.bus.ensureStreams(1);
      await settleForAlice(2);
      await until("all are told", () => live.at(-1) === lastOfAlice);
      expect(live).to.deep.equal(range(first + 1, lastOfAlice));
    });
  });
});
