/** Everything of the page that needs the gateway: it is loaded late, so that the public page does not wait for it. */
import { effect, type Signal, signal } from "@preact/signals";
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";
import { browser } from "../feed/browser.js";
import { GatewayClient } from "../feed/gateway-client.js";
import { keptSession } from "../feed/kept-session.js";
import { type HadNow, type LedgerEntry, type LedgerLine, ledgerLines } from "../state/ledger-lines.js";
import type { Outcome } from "../state/problem.js";
import { Alarms } from "./alarms.js";
import { OrderDetail } from "./order-detail.js";
import { OrderForm } from "./order-form.js";
import { OrderLines } from "./order-lines.js";
import { OwnKeys } from "./own-keys.js";
import type { Page } from "./page.js";
import { type ListPage, PagedList } from "./paged-list.js";
import { Person } from "./person.js";
import { Requests } from "./requests.js";
import { TabGuard } from "./tab-guard.js";

/** Bytes of a random client order id. */
const ID_BYTES = 20;
/** Rows that a page of a list has. */
const PAGE = 50;

export class Desk {
  readonly client: GatewayClient;
  readonly person: Person;
  readonly requests: Requests;
  readonly form: OrderForm;
  readonly detail: OrderDetail;
  readonly history: PagedList<ReportJson>;
  readonly fills: PagedList<ReportJson>;
  readonly ledger: PagedList<LedgerEntry>;
  /** What the account had when the ledger was read: its running balance is counted from there. */
  readonly #hadThen: Signal<readonly HadNow[]> = signal([]);
  readonly #lines: OrderLines;
  readonly keys: OwnKeys;
  readonly alarms: Alarms;
  readonly guard: TabGuard;

  constructor(page: Page, url: string) {
    const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    this.client = new GatewayClient(url, {
      ...browser,
      onSignedOut: () => this.person.ended(page.who.value === null ? "" : "Your session has ended: sign in again"),
    });
    const { client } = this;
    this.person = new Person({ page, client, kept: keptSession, pause });
    this.requests = new Requests({ client, nowUs: page.nowUs, pause });
    const randomBytes = () => crypto.getRandomValues(new Uint8Array(ID_BYTES));
    this.form = new OrderForm({ page, client, requests: this.requests, pause, randomBytes });
    this.detail = new OrderDetail({ client, pause });
    this.history = new PagedList((next) => this.#page("/v1/orders", "orders", { status: "all", next }));
    this.fills = new PagedList((next) => this.#page("/v1/fills", "fills", { next }));
    this.ledger = new PagedList((next) => this.#ledgerPage(next));
    this.keys = new OwnKeys(client);
    this.alarms = new Alarms(page);
    this.guard = new TabGuard(client);
    page.orders.onReport = (report) => {
      this.requests.onReport(report);
      this.detail.onReport(report);
    };
    this.#lines = new OrderLines(page, this.requests);
    page.orderLines.value = this.#lines;
    page.choosePrice.value = (price) => this.form.fillPrice(price);
    effect(() => {
      const who = page.who.value;
      if (who === null) this.#forget();
      else if (who.kind === "key") client.useKey(who.key);
    });
    void this.form.readTerms();
    void this.person.resume();
  }

  /** The ledger's lines as they are known, each with what the account had after it. */
  get ledgerLines(): readonly LedgerLine[] {
    return ledgerLines(this.ledger.items.value, this.#hadThen.value);
  }

  #forget(): void {
    this.client.useKey(null);
    for (const list of [this.history, this.fills, this.ledger]) list.forget();
    for (const part of [this.requests, this.#lines, this.keys, this.guard]) part.forget();
    this.#hadThen.value = [];
    this.detail.close();
    this.form.clear();
  }

  async #page<Item>(
    path: string,
    of: string,
    query: Readonly<Record<string, string | number | undefined>>,
  ): Promise<Outcome<ListPage<Item>>> {
    const outcome = await this.client.ask<Record<string, unknown>>(path, { query: { ...query, limit: PAGE } });
    if (!outcome.ok) return outcome;
    const { [of]: items, next } = outcome.body;
    return { ok: true, body: { items: items as readonly Item[], next: next as ListPage<Item>["next"] } };
  }

  /** The first page comes with what the account has, of the same moment: read again where something came between. */
  async #ledgerPage(next: ListPage<LedgerEntry>["next"]): Promise<Outcome<ListPage<LedgerEntry>>> {
    if (next !== undefined) return await this.#page("/v1/ledger", "entries", { next });
    for (let attempt = 1; ; attempt++) {
      const before = await this.#hadNow();
      if (!before.ok) return before;
      const page = await this.#page<LedgerEntry>("/v1/ledger", "entries", {});
      const after = await this.#hadNow();
      if (!after.ok) return after;
      const isSame = totals(before.body) === totals(after.body);
      if (!isSame && attempt < 3) continue;
      this.#hadThen.value = isSame ? after.body : [];
      return page;
    }
  }

  async #hadNow(): Promise<Outcome<readonly HadNow[]>> {
    const outcome = await this.client.ask<{ balances: readonly HadNow[] }>("/v1/balances");
    return outcome.ok ? { ok: true, body: outcome.body.balances } : outcome;
  }
}

/** Two of the same have the same money; a hold changes nothing of it, but here it counts as a change, too. */
function totals(balances: readonly HadNow[]): string {
  return balances.map(({ currency, available, held }) => `${currency} ${available} ${held}`).join();
}
