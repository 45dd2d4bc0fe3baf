import type { Page } from "../model/page.js";
import type { TradeRow } from "../model/trades.js";
import { Panel } from "./panel.js";

export function TradesPanel({ page }: { readonly page: Page }) {
  return (
    <Panel name="trades" title="Trades" state={page.trades.state}>
      <table>
        <caption class="unseen">The last trades, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Taker</th>
            <th scope="col">Price</th>
            <th scope="col">Quantity</th>
            <th scope="col">Time</th>
          </tr>
        </thead>
        <tbody>
          {page.trades.rows.map((row, place) => (
            <Row key={place} row={row} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** Rendered once: its cells are signals. */
function Row({ row }: { readonly row: TradeRow }) {
  return (
    <tr data-side={row.takerSide}>
      <td class="side">{row.takerSide}</td>
      <td>{row.price}</td>
      <td>{row.quantity}</td>
      <td>{row.time}</td>
    </tr>
  );
}
