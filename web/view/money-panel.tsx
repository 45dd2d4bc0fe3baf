import type { Desk } from "../model/desk.js";
import type { Page } from "../model/page.js";
import { csvOf, type LedgerLine } from "../state/ledger-lines.js";
import { type HoldLine, holdLines, worthOf } from "../state/portfolio.js";
import { BalanceTable } from "./balance-table.js";
import { type Column, DataTable, ListFoot, saveFile } from "./data-table.js";
import { OlderOrders } from "./order-table.js";
import { Panel } from "./panel.js";

const COLUMNS: readonly Column<LedgerLine>[] = [
  { title: "Time", text: ({ time }) => time },
  { title: "What", text: ({ what }) => what },
  { title: "Currency", text: ({ currency }) => currency },
  { title: "Change", text: ({ amount }) => amount },
  { title: "Then", text: ({ balance }) => balance },
];

/** What there is, what is held, and, when it is asked for, everything that changed it. */
export function MoneyPanel({ page, desk }: { readonly page: Page; readonly desk: Desk }) {
  const isPerson = page.who.value?.kind === "person";
  const { ledger, person } = desk;
  const save = async () => {
    const rows = (await ledger.all()) && desk.ledgerLines;
    const head = COLUMNS.map(({ title }) => title);
    saveFile(
      "ledger.csv",
      csvOf(
        head,
        rows.map((row) => COLUMNS.map(({ text }) => text(row).replaceAll(",", ""))),
      ),
    );
  };
  const faucet = isPerson && (
    <button type="button" onClick={() => void person.askFaucet()}>
      Get play money
    </button>
  );
  return (
    <Panel name="balances" title="Balances" state={page.balances.state} controls={faucet}>
      <p class="hint" role="status">
        {person.faucet}
      </p>
      <BalanceTable page={page} />
      <Worth page={page} />
      <details>
        <summary>Held by which orders</summary>
        <Holds page={page} desk={desk} />
      </details>
      <details onToggle={(event) => event.currentTarget.open && ledger.hasMore.value === null && void ledger.begin()}>
        <summary>Ledger</summary>
        <DataTable
          caption="What changed it, newest first"
          columns={COLUMNS}
          rows={desk.ledgerLines}
          keyOf={({ key }) => key}
        />
        <ListFoot list={ledger} empty="Nothing has changed it yet." save={save} />
      </details>
    </Panel>
  );
}

/** At the last prices, with which it changes. */
function Worth({ page }: { readonly page: Page }) {
  const prices = page.markets.value.map(({ asset: { base, quote }, last }) => ({
    base,
    quote,
    last: last.value.replaceAll(",", ""),
  }));
  const worth = worthOf(page.balances.all.value, prices);
  return <p class="hint">{worth.length === 0 ? "" : `Worth ${worth.join(" and ")} at the last prices`}</p>;
}

const HOLD_COLUMNS: readonly Column<HoldLine>[] = [
  { title: "Order", text: ({ order }) => order },
  { title: "Terms", text: ({ what }) => what },
  { title: "Holds", text: ({ holds }) => holds },
];

function Holds({ page, desk }: { readonly page: Page; readonly desk: Desk }) {
  const known = (name: string) => {
    const row = page.markets.value.find(({ asset }) => asset.name === name);
    const terms = desk.form.termsOf(name);
    return row === undefined || terms === null ? null : { asset: row.asset, terms };
  };
  const lines = holdLines(
    page.orders.open.value.map(({ order }) => order.value),
    known,
  );
  if (lines.length === 0) return <p class="hint">No open order holds anything.</p>;
  return (
    <>
      <DataTable caption="What open orders hold at most" columns={HOLD_COLUMNS} rows={lines} keyOf={({ key }) => key} />
      <OlderOrders page={page} />
    </>
  );
}
