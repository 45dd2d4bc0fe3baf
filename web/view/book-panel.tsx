import type { BookRow } from "../model/book.js";
import type { Page } from "../model/page.js";
import { Panel } from "./panel.js";

export function BookPanel({ page }: { readonly page: Page }) {
  const { book } = page;
  const choose = page.choosePrice.value;
  return (
    <Panel name="book" title="Book" state={book.state} controls={<Grouping page={page} />}>
      <table>
        <caption class="unseen">The book: asks above, bids below, the best in the middle</caption>
        <thead>
          <tr>
            <th scope="col">Side</th>
            <th scope="col">Price</th>
            <th scope="col">Quantity</th>
            <th scope="col">Total</th>
          </tr>
        </thead>
        <tbody data-side="sell">
          {book.asks.toReversed().map((row, place) => (
            <Row key={place} row={row} choose={choose} />
          ))}
        </tbody>
        <tbody>
          <tr class="spread">
            <th scope="row" colSpan={3}>
              Spread
            </th>
            <td>{book.spread}</td>
          </tr>
        </tbody>
        <tbody data-side="buy">
          {book.bids.map((row, place) => (
            <Row key={place} row={row} choose={choose} />
          ))}
        </tbody>
      </table>
      <p class="hint verified">{book.verified}</p>
    </Panel>
  );
}

interface RowProps {
  readonly row: BookRow;
  /** Takes the row's price into the order form, where there is one. */
  readonly choose: ((price: string) => void) | null;
}

/** Rendered once: its cells are signals. Whoever has no mouse has "Best price" in the form, and need not pass every level. */
function Row({ row, choose }: RowProps) {
  return (
    <tr style={row.bar}>
      <td class="side">{row.side}</td>
      <td>
        {choose === null ? (
          row.price
        ) : (
          <button
            class="level"
            type="button"
            tabIndex={-1}
            onClick={() => choose(row.price.peek().replaceAll(",", ""))}
          >
            {row.price}
          </button>
        )}
      </td>
      <td>{row.quantity}</td>
      <td class="total">{row.total}</td>
    </tr>
  );
}

function Grouping({ page: { book } }: { readonly page: Page }) {
  return (
    <label class="inline">
      Group by{" "}
      <select value={String(book.stepTicks.value)} onChange={(event) => book.group(Number(event.currentTarget.value))}>
        {book.steps.value.map(({ ticks, text }) => (
          <option key={ticks} value={ticks}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
