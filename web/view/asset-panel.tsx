import type { MarketRow } from "../model/markets.js";
import type { Page } from "../model/page.js";
import { Panel } from "./panel.js";

/** All assets; one of them is looked at. */
export function AssetPanel({ page }: { readonly page: Page }) {
  const shown = page.asset.value;
  const { statuses, ticker } = page;
  return (
    <Panel name="assets" title="Assets" state={ticker.value?.state ?? statuses.value?.state}>
      <table>
        <caption class="unseen">Assets, with the change of their prices in 24 hours</caption>
        <thead>
          <tr>
            <th scope="col">Asset</th>
            <th scope="col">Last</th>
            <th scope="col">24 h</th>
          </tr>
        </thead>
        <tbody>
          {page.markets.value.map((row) => (
            <Row key={row.asset.name} row={row} isShown={row.asset === shown} look={() => page.look(row.asset)} />
          ))}
        </tbody>
      </table>
      {page.markets.value.map((row) => (
        <p key={row.asset.name} class="note" role="status">
          {row.stateText}
        </p>
      ))}
    </Panel>
  );
}

interface RowProps {
  readonly row: MarketRow;
  readonly isShown: boolean;
  readonly look: () => void;
}

function Row({ row, isShown, look }: RowProps) {
  return (
    <tr data-direction={row.direction}>
      <th scope="row">
        <button type="button" aria-pressed={isShown} onClick={look}>
          {row.asset.name}
        </button>{" "}
        <small data-state={row.state}>{row.state}</small>
      </th>
      <td>{row.last}</td>
      <td class="change">{row.change}</td>
    </tr>
  );
}
