import type { Desk } from "../model/desk.js";
import type { Page } from "../model/page.js";
import { csvOf, type LedgerLine } from "../state/ledger-lines.js";
import { BalanceTable } from "./balance-table.js";
import { type Column, DataTable, ListFoot, saveFile } from "./data-table.js";
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
