import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { OwnOrder } from "../../src/shared/subscriber/own-orders.js";
import type { OrderRow } from "../model/orders.js";
import type { Page } from "../model/page.js";
import { RowName, ScrollTable } from "./scroll-table.js";

const TITLES = ["Order", "Side", "Terms", "Filled", "Status", "How long it took"];

interface OrderTableProps {
  readonly rows: ReadonlySignal<readonly OrderRow[]>;
  readonly caption: string;
  readonly empty: string;
  /** What can be done about an order, in a column of its own. */
  readonly actions?: (row: OrderRow) => ComponentChildren;
  /** Shows all that there is to an order, which its name then opens. */
  readonly look?: (order: OwnOrder) => void;
}

/** Own orders, live: cells are signals, rows are rendered once. */
export function OrderTable({ rows, caption, empty, actions, look }: OrderTableProps) {
  if (rows.value.length === 0) return <p class="hint">{empty}</p>;
  return (
    <ScrollTable caption={caption} titles={actions === undefined ? TITLES : [...TITLES, "Change"]}>
      {rows.value.map((row) => (
        <tr key={row.key} data-side={row.side}>
          <th scope="row">
            <RowName
              name={`${row.asset} ${row.orderId}`}
              {...(look && row.orderId !== "" && { look: () => look(row.order.peek()) })}
            />
          </th>
          <td class="side">{row.side}</td>
          <td>{row.terms}</td>
          <td>{row.filled}</td>
          <td>{row.status}</td>
          <td>{row.hops}</td>
          {actions && <td>{actions(row)}</td>}
        </tr>
      ))}
    </ScrollTable>
  );
}

/** Open orders that have no row. */
export function OlderOrders({ page }: { readonly page: Page }) {
  const hidden = page.orders.openTotal.value - page.orders.open.value.length;
  return hidden > 0 ? <p class="note">{`and ${hidden} older ones`}</p> : null;
}
