/** The account's API keys: a new one's secret is shown once, and is nowhere when it is put away. */
import { type Signal, signal } from "@preact/signals";
import type { GatewayClient } from "../feed/gateway-client.js";
import { problemText } from "../state/problem.js";

export interface KeyJson {
  readonly keyId: string;
  readonly role: string;
  readonly status: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

export interface NewKey {
  readonly keyId: string;
  readonly secret: string;
}

export class OwnKeys {
  readonly keys: Signal<readonly KeyJson[]> = signal([]);
  readonly made: Signal<NewKey | null> = signal(null);
  readonly problem = signal("");
  readonly #client: Pick<GatewayClient, "ask">;

  constructor(client: Pick<GatewayClient, "ask">) {
    this.#client = client;
  }

  async read(): Promise<void> {
    const outcome = await this.#client.ask<{ keys: readonly KeyJson[] }>("/v1/keys");
    this.problem.value = outcome.ok ? "" : problemText(outcome.problem);
    if (outcome.ok) this.keys.value = outcome.body.keys;
  }

  /** `days`: after which it expires; null: never. */
  async make(role: "trade" | "read", days: number | null): Promise<void> {
    const body = { role, ...(days !== null && { expiresInDays: days }) };
    const outcome = await this.#client.ask<NewKey>("/v1/keys", { method: "POST", body });
    this.problem.value = outcome.ok ? "" : problemText(outcome.problem);
    if (!outcome.ok) return;
    this.made.value = outcome.body;
    await this.read();
  }

  putAway(): void {
    this.made.value = null;
  }

  async revoke(keyId: string): Promise<void> {
    const outcome = await this.#client.ask(`/v1/keys/${encodeURIComponent(keyId)}`, { method: "DELETE" });
    if (outcome.ok) await this.read();
    else this.problem.value = problemText(outcome.problem);
  }

  forget(): void {
    this.keys.value = [];
    this.made.value = null;
    this.problem.value = "";
  }
}
