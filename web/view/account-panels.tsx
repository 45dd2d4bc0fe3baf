import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Page } from "../model/page.js";
import { BalanceTable } from "./balance-table.js";
import type { OpenDesk } from "./desk-panels.js";
import { LoginForm } from "./login-form.js";
import { OlderOrders, OrderTable } from "./order-table.js";
import { Panel } from "./panel.js";

const open: Signal<OpenDesk | null> = signal(null);
const problem = signal("");

/**
 * What an account has, or the ways to log in. Where there is a gateway, all that needs it is loaded once the rest of the page
 * stands; without one, and until then, orders and balances are there to be seen.
 */
export function AccountPanels({ page }: { readonly page: Page }) {
  const gatewayUrl = page.gatewayUrl.value;
  useEffect(() => {
    if (gatewayUrl !== null && open.value === null) void load(page, gatewayUrl);
  }, [page, gatewayUrl]);
  const desk = open.value;
  const who = page.who.value;
  if (who === null)
    return (
      <>
        <Panel name="account" title="Account">
          <LoginForm page={page} />
          <p class="problem">{problem}</p>
          {desk?.signIn()}
        </Panel>
        {desk?.everybodys()}
      </>
    );
  if (desk !== null) return desk.accounts();
  return (
    <>
      <Panel name="orders" title="Own orders" state={page.orders.state} controls={<LogOut page={page} />}>
        <p class="problem">{problem}</p>
        <OpenOrders page={page} />
        <OrderTable rows={page.orders.ended} caption="Ended orders, newest first" empty="No order has ended yet." />
      </Panel>
      <Panel name="balances" title="Balances" state={page.balances.state}>
        <BalanceTable page={page} />
      </Panel>
    </>
  );
}

async function load(page: Page, gatewayUrl: string): Promise<void> {
  try {
    const { openDesk } = await import("./desk-panels.js");
    open.value = openDesk(page, gatewayUrl);
  } catch {
    problem.value = "What is needed to trade could not be loaded; load the page again to try once more.";
  }
}

function LogOut({ page }: { readonly page: Page }) {
  return (
    <button type="button" onClick={() => page.logOut()}>
      Log out {page.who.value?.name}
    </button>
  );
}

function OpenOrders({ page }: { readonly page: Page }) {
  return (
    <>
      <OrderTable rows={page.orders.open} caption="Open orders, newest first" empty="No order is open." />
      <OlderOrders page={page} />
    </>
  );
}
