import type { ReadonlySignal } from "@preact/signals";
import type { OrderRow } from "../model/orders.js";
import type { Page } from "../model/page.js";
import { LoginForm } from "./login-form.js";
import { Panel } from "./panel.js";
import { Scroll } from "./scroll.js";

/** What an account has: its orders and its money, or the way to log in. */
export function AccountPanels({ page }: { readonly page: Page }) {
  const keyId = page.keyId.value;
  if (keyId === null)
    return (
      <Panel name="account" title="Account">
        <LoginForm page={page} />
      </Panel>
    );
  const logOut = (
    <button type="button" onClick={() => page.logOut()}>
      Log out {keyId}
    </button>
  );
  return (
    <>
      <Panel name="orders" title="Own orders" state={page.orders.state} controls={logOut}>
        <OpenOrders page={page} />
        <OrderTable rows={page.orders.ended} caption="Ended orders, newest first" empty="No order has ended yet." />
      </Panel>
      <Panel name="balances" title="Balances" state={page.balances.state}>
        <Scroll label="Balances by currency">
          <BalanceTable page={page} />
        </Scroll>
      </Panel>
    </>
  );
}

function OpenOrders({ page }: { readonly page: Page }) {
  const hidden = page.orders.openTotal.value - page.orders.open.value.length;
  return (
    <>
      <OrderTable rows={page.orders.open} caption="Open orders, newest first" empty="No order is open." />
      {hidden > 0 && <p class="note">{`and ${hidden} older ones`}</p>}
    </>
  );
}

interface OrderTableProps {
  readonly rows: ReadonlySignal<readonly OrderRow[]>;
  readonly caption: string;
  readonly empty: string;
}

function OrderTable({ rows, caption, empty }: OrderTableProps) {
  if (rows.value.length === 0) return <p class="hint">{empty}</p>;
  return (
    <Scroll label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col">Side</th>
            <th scope="col">Terms</th>
            <th scope="col">Filled</th>
            <th scope="col">Status</th>
            <th scope="col">How long it took</th>
          </tr>
        </thead>
        <tbody>
          {rows.value.map((row) => (
            <tr key={row.key} data-side={row.side}>
              <th scope="row">{`${row.asset} ${row.orderId}`}</th>
              <td class="side">{row.side}</td>
              <td>{row.terms}</td>
              <td>{row.filled}</td>
              <td>{row.status}</td>
              <td>{row.hops}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function BalanceTable({ page }: { readonly page: Page }) {
  return (
    <table>
      <caption class="unseen">Balances by currency</caption>
      <thead>
        <tr>
          <th scope="col">Currency</th>
          <th scope="col">Available</th>
          <th scope="col">Held</th>
        </tr>
      </thead>
      <tbody>
        {page.balances.rows.value.map((row) => (
          <tr key={row.currency}>
            <th scope="row">{row.currency}</th>
            <td>{row.available}</td>
            <td>{row.held}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
