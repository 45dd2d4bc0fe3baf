import { signal } from "@preact/signals";
import { expect } from "chai";
import { assetOf } from "../../../../src/shared/subscriber/asset.js";
import type { OwnOrder } from "../../../../src/shared/subscriber/own-orders.js";
import type { Ask } from "../../../../web/feed/gateway-client.js";
import { OrderDetail } from "../../../../web/model/order-detail.js";
import { OrderForm, type OrderFormPage } from "../../../../web/model/order-form.js";
import { PagedList } from "../../../../web/model/paged-list.js";
import { Requests } from "../../../../web/model/requests.js";
import type { Outcome, Problem } from "../../../../web/state/problem.js";

const BTC = assetOf({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });
const ORDER: OwnOrder = { key: "BTC-USD/7", asset: "BTC-USD", orderId: 7, status: "open", hops: null };

/** A gateway that answers by turns, and notes what it was asked. */
class FakeGateway {
  readonly asked: { readonly path: string; readonly ask: Ask }[] = [];
  readonly answers: Outcome<object>[] = [];
  readonly paused: number[] = [];
  readonly client = {
    ask: async <Body>(path: string, ask: Ask = {}): Promise<Outcome<Body>> => {
      this.asked.push({ path, ask });
      return (this.answers.shift() ?? { ok: true, body: {} }) as Outcome<Body>;
    },
  };
  readonly pause = async (ms: number) => void this.paused.push(ms);

  ok(body: object): this {
    this.answers.push({ ok: true, body });
    return this;
  }

  refuse(code: number, problem: Partial<Problem> = {}): this {
    this.answers.push({ ok: false, problem: { code, name: "NAME", text: "why", status: 400, ...problem } });
    return this;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the page's requests", () => {
  const begun = () => {
    const gateway = new FakeGateway();
    const { client, pause } = gateway;
    return { gateway, requests: new Requests({ client, pause, nowUs: () => 0 }) };
  };
  const body = { clientOrderId: "web-1", asset: "BTC-USD" };

  it("send an order again under the same id until it is known, and count it once", async () => {
    const { gateway, requests } = begun();
    gateway.refuse(302).refuse(300).ok({ logId: 9 });
    expect((await requests.place("Buy", body)).kind).to.equal("logged");
    expect(gateway.asked.map(({ ask }) => ask.body)).to.deep.equal([body, body, body]);
    const reason = "duplicate_client_order_id: first used by order 8";
    requests.onReport({
      asset: "BTC-USD",
      clientOrderId: "web-1",
      orderId: 9,
      event: "rejected",
      status: "rejected",
      reason,
    });
    expect(requests.sent.value[0]?.sent.value)
      .to.have.property("text")
      .that.matches(/^It had been taken at the first attempt/);
  });

  it("show a report that is faster than the answer", async () => {
    const { gateway, requests } = begun();
    gateway.ok({ logId: 9 });
    const placed = requests.place("Buy", body);
    expect(requests.sent.value[0]?.sent.value.kind).to.equal("sending");
    requests.onReport({ asset: "BTC-USD", clientOrderId: "web-1", orderId: 9, event: "accepted", status: "open" });
    await placed;
    expect(requests.sent.value[0]?.sent.value).to.deep.equal({ kind: "done", text: "Order 9 is open" });
  });

  it("say what is under way for an order, and what was not done", async () => {
    const { gateway, requests } = begun();
    gateway.ok({ logId: 9, reports: [{ event: "cancel_rejected", reason: "too_late" }] });
    const cancelled = requests.cancel(ORDER);
    expect(requests.underWay.value.get(ORDER.key)).to.equal("canceling…");
    await cancelled;
    expect([requests.underWay.value.size, requests.problem.value]).to.deep.equal([
      0,
      "BTC-USD 7: cancel rejected: too late",
    ]);
    gateway.refuse(205, { field: "price" });
    expect((await requests.replace(ORDER, "1", "2"))?.field).to.equal("price");
    expect(gateway.asked.at(-1)).to.deep.equal({
      path: "/v1/orders/BTC-USD/7",
      ask: { method: "PATCH", query: { wait: "result" }, body: { quantity: "1", price: "2" } },
    });
    gateway.ok({ assets: [{ asset: "BTC-USD" }, { asset: "ETH-USD", text: "halted" }] });
    await requests.cancelAll(null);
    expect(requests.problem.value).to.equal("ETH-USD: halted");
  });
});

describe("the page's order form", () => {
  const begun = async () => {
    const gateway = new FakeGateway();
    const { client, pause } = gateway;
    const cell = (price: string) => [{ price: signal(price) }];
    const page = {
      asset: signal(BTC),
      markets: signal([{ asset: BTC, last: signal("64,000.00") }]),
      balances: { all: signal([{ currency: "USD", available: "1000", held: "0" }]) },
      book: { asks: cell("64,000.10"), bids: cell("63,999.90"), verified: signal(""), side: () => null },
      who: signal({ kind: "key" }),
    } as unknown as OrderFormPage;
    const requests = new Requests({ client, pause, nowUs: () => 0 });
    const form = new OrderForm({ page, client, requests, pause, randomBytes: () => new Uint8Array(20) });
    const terms = { asset: "BTC-USD", base: "BTC", quote: "USD", makerFeeBps: 10, takerFeeBps: 20 };
    gateway.ok({
      assets: [{ ...terms, priceCollarPercent: null, referencePrice: null }],
      currencies: [
        { currency: "USD", decimals: 6 },
        { currency: "BTC", decimals: 8 },
      ],
    });
    await form.readTerms();
    return { gateway, form, requests };
  };
  it("asks what the server would say, once its writer rests, and puts that beside the field", async () => {
    const { gateway, form } = await begun();
    gateway.refuse(205, { field: "price", text: "off tick" });
    form.set({ price: "1.005" });
    form.set({ quantity: "1" });
    await settled();
    expect(gateway.asked.slice(1).map(({ ask }) => [ask.query, (ask.body as { price: string }).price])).to.deep.equal([
      [{ validate: 1 }, "1.005"],
    ]);
    expect([...form.problems.value]).to.deep.equal([["price", "205 NAME: off tick"]]);
    form.set({ price: "1" });
    expect(form.problems.value.size).to.equal(0);
    await settled();
    expect(form.verdict.value).to.equal("valid");
  });

  it("sends nothing while a field is empty, and says which", async () => {
    const { gateway, form } = await begun();
    await form.submit();
    expect([...form.problems.value.keys()]).to.deep.equal(["quantity", "price"]);
    expect(gateway.asked).to.have.length(1);
  });

  it("is sent once, however often its button is pressed, and is then ready for the next one", async () => {
    const { gateway, form, requests } = await begun();
    form.fillBest();
    form.set({ quantity: "0.01" });
    await Promise.all([form.submit(), form.submit()]);
    const sent = gateway.asked.filter(({ ask }) => ask.method === "POST" && ask.query === undefined);
    expect(sent.map(({ ask }) => ask.body)).to.have.length(1);
    expect(requests.sent.value[0]?.words).to.equal("Buy 0.01 BTC-USD at 64000.10");
    expect([form.draft.value.quantity, form.draft.value.price]).to.deep.equal(["", "64000.10"]);
  });

  it("takes the price of a level, and a part of the balance, and says what it holds", async () => {
    const { form } = await begun();
    form.set({ kind: "market" });
    form.fillPrice("50000.00");
    expect([form.draft.value.kind, form.draft.value.price]).to.deep.equal(["limit", "50000.00"]);
    form.fillPart(50);
    expect(form.draft.value.quantity).to.equal("0.0099");
    expect(form.cost.value?.lines.at(-1)).to.equal("Holds 495.99 USD of 1,000 USD available");
    form.set({ price: "" });
    form.fillPart(50);
    expect(form.problems.value.get("")).to.match(/needs a price/);
  });
});

describe("a list that comes in pages", () => {
  it("goes on over empty pages, keeps what it has when one can't be read, and forgets what is no longer asked for", async () => {
    const pages: Outcome<{ items: readonly number[]; next: number | undefined }>[] = [];
    const list = new PagedList<number>(async () => pages.shift() as never);
    const page = (items: readonly number[], next?: number) => pages.push({ ok: true, body: { items, next } });
    page([], 5);
    page([1, 2], 4);
    await list.begin();
    expect([list.items.value, list.hasMore.value]).to.deep.equal([[1, 2], true]);
    pages.push({ ok: false, problem: { code: 301, name: "UNAVAILABLE", text: "later", status: 503 } });
    await list.more();
    expect([list.items.value, list.problem.value]).to.deep.equal([[1, 2], "301 UNAVAILABLE: later"]);
    page([3]);
    await list.more();
    expect([list.items.value, list.hasMore.value, list.problem.value]).to.deep.equal([[1, 2, 3], false, ""]);
    page([9]);
    const begun = list.begin();
    list.forget();
    await begun;
    expect([list.items.value, list.isReading.value]).to.deep.equal([[], false]);
  });
});

describe("the order that is looked at", () => {
  const name = { asset: "BTC-USD", orderId: 7 };
  const path = "/v1/orders/BTC-USD/7";

  it("is read with its fills and its way, and again, the fills from the last one on, when it is reported on", async () => {
    const gateway = new FakeGateway();
    const detail = new OrderDetail(gateway);
    const fill = (accountSequence: number) => ({ accountSequence, asset: "BTC-USD" });
    gateway
      .ok({ ...name, status: "open" })
      .ok({ fills: [fill(1), fill(4)] })
      .ok({ steps: [{ step: "received" }] });
    await detail.look(name);
    expect([
      detail.order.value?.status,
      detail.fills.value.map(({ accountSequence }) => accountSequence),
    ]).to.deep.equal(["open", [4, 1]]);
    gateway.ok({ ...name, status: "filled" }).ok({ fills: [fill(9)] });
    detail.onReport({ asset: "BTC-USD", orderId: 8 });
    detail.onReport(name);
    await settled();
    expect(gateway.asked.map((one) => [one.path, one.ask.query?.["next"]])).to.deep.equal([
      [path, undefined],
      [`${path}/fills`, undefined],
      [`${path}/steps`, undefined],
      [path, undefined],
      [`${path}/fills`, 4],
    ]);
    expect([detail.order.value?.status, detail.fills.value.length]).to.deep.equal(["filled", 3]);
  });

  it("says what the server says where it can't be read, and is forgotten by an answer that comes late", async () => {
    const gateway = new FakeGateway();
    const detail = new OrderDetail(gateway);
    gateway.refuse(210, { text: "no order of yours" }).ok({ fills: [] }).ok({ steps: [] });
    await detail.look(name);
    expect([detail.order.value, detail.problem.value]).to.deep.equal([null, "210 NAME: no order of yours"]);
    gateway.ok({ ...name, status: "open" });
    const looked = detail.look({ ...name });
    detail.close();
    await looked;
    expect([detail.name.value, detail.order.value]).to.deep.equal([null, null]);
  });
});
