/** All that needs the gateway: loaded late, in one file. */
import type { ComponentChildren } from "preact";
import { Desk } from "../model/desk.js";
import type { Page } from "../model/page.js";
import { AccountPanel } from "./account-panel.js";
import { AlarmsPanel } from "./alarms-panel.js";
import { Hotkeys } from "./hotkeys.js";
import { MoneyPanel } from "./money-panel.js";
import { OrderPanel } from "./order-panel.js";
import { OrdersPanel } from "./orders-panel.js";
import { SignInForm } from "./sign-in-form.js";

export interface OpenDesk {
  /** In the panel of whoever is nobody yet. */
  signIn(): ComponentChildren;
  /** What needs no account. */
  everybodys(): ComponentChildren;
  /** What an account has and does. */
  accounts(): ComponentChildren;
}

export function openDesk(page: Page, gatewayUrl: string): OpenDesk {
  const desk = new Desk(page, gatewayUrl);
  const everybodys = () => <AlarmsPanel page={page} desk={desk} keys={<Hotkeys page={page} desk={desk} />} />;
  return {
    signIn: () => <SignInForm person={desk.person} />,
    everybodys,
    accounts: () => (
      <>
        <div class="desk">
          <OrderPanel page={page} desk={desk} />
          <MoneyPanel page={page} desk={desk} />
          <AccountPanel page={page} desk={desk} />
        </div>
        <OrdersPanel page={page} desk={desk} />
        {everybodys()}
      </>
    ),
  };
}
