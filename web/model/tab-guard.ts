/** Cancel on disconnect for this tab: as long as it is on, the tab's end takes all open orders with it. */
import { type Signal, signal } from "@preact/signals";
import type { GatewayClient } from "../feed/gateway-client.js";
import { TabSession } from "../feed/tab-session.js";

const WORDS = {
  opening: "Asking the exchange to watch this tab…",
  watching: "On: when this tab is gone, all your open orders are cancelled",
  lost: "⚠ The session is lost: unless it is back within two seconds, all your orders are cancelled. Trying again…",
};

export class TabGuard {
  readonly isOn = signal(false);
  readonly text: Signal<string> = signal("");
  readonly #client: Pick<GatewayClient, "url" | "login" | "refresh" | "token">;
  #session: TabSession | null = null;

  constructor(client: Pick<GatewayClient, "url" | "login" | "refresh" | "token">) {
    this.#client = client;
  }

  turnOn(): void {
    if (this.#session !== null) return;
    this.isOn.value = true;
    this.#session = new TabSession(this.#client.url, () => this.#login(), {
      onState: (state, text) => {
        if (state !== "refused") this.text.value = WORDS[state];
        else this.#end(`The exchange does not watch this tab: ${text}`);
      },
    });
  }

  /** Which cancels, as every end of the session does. */
  turnOff(): void {
    this.#end(this.#session === null ? "" : "Off: the end of the session has cancelled what was open");
  }

  forget(): void {
    this.#end("");
  }

  /** A token may be too old: each login brings a new one. */
  async #login(): Promise<object | null> {
    if (this.#client.token !== null) await this.#client.refresh();
    return this.#client.login;
  }

  #end(text: string): void {
    this.#session?.close();
    this.#session = null;
    this.isOn.value = false;
    this.text.value = text;
  }
}
