/** The reports of an account from now on, as the notifier tells them. */

import { beforeDeadline } from "../../src/shared/process/waits.js";
import { Connection, type Key, type Refused, type Wanted } from "../../src/shared/subscriber/connection.js";
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";

export interface Told {
  readonly report: ReportJson;
  /** By which words it was expected: an expectation takes a report for itself, so two equal trades are two. */
  readonly takenAs: Set<string>;
}

const SUBSCRIBED_WITHIN_MS = 10_000;
/** More than a script looks back; the oldest go first. */
const REPORTS_MAX = 100_000;

export class ReportInbox implements Wanted {
  readonly told: Told[] = [];
  readonly #connection: Connection;
  #sequence: number | null = null;
  #begun: () => void = () => undefined;
  #failed: (why: Error) => void = () => undefined;

  private constructor(notifierUrl: string, key: Key) {
    const fail = ({ code, text }: Refused) => this.#failed(new Error(`${key.keyId} gets no reports: ${code} ${text}`));
    this.#connection = new Connection(
      notifierUrl,
      {
        onHealth: () => undefined,
        onKeyRefused: fail,
        onLagged: () => undefined, // the connection comes back, and reads on from where it was
        onEvent: (channel, payload) => {
          if (channel === "orders") this.#onReports((payload as { reports: readonly ReportJson[] }).reports);
        },
      },
      key,
    );
  }

  /** Resolves once nothing that happens from now on is missed. */
  static async open(notifierUrl: string, key: Key): Promise<ReportInbox> {
    const inbox = new ReportInbox(notifierUrl, key);
    const begun = new Promise<void>((resolve, reject) => {
      inbox.#begun = resolve;
      inbox.#failed = reject;
    });
    inbox.#connection.follow(inbox);
    try {
      await beforeDeadline(begun, SUBSCRIBED_WITHIN_MS, `the notifier ${notifierUrl} does not answer`);
      return inbox;
    } catch (error) {
      inbox.close();
      throw error;
    }
  }

  close(): void {
    this.#connection.close();
  }

  request(): object {
    return this.#sequence === null ? { channel: "orders" } : { channel: "orders", from: this.#sequence };
  }

  onAnswer(answer: { readonly ok: true }): boolean {
    this.#sequence ??= (answer as unknown as { accountSequence: number }).accountSequence;
    this.#begun();
    return true;
  }

  onRefused({ code, text }: Refused): void {
    this.#failed(new Error(`no reports: ${code} ${text}`));
  }

  #onReports(reports: readonly ReportJson[]): void {
    for (const report of reports) {
      const next = (this.#sequence ?? 0) + 1;
      const sequence = report.accountSequence ?? 0;
      if (this.#sequence === null || sequence < next) continue;
      if (sequence > next) {
        this.#connection.again(this); // it brings what is missing, and all after it
        return;
      }
      this.#sequence = sequence;
      this.told.push({ report, takenAs: new Set() });
      if (this.told.length > REPORTS_MAX) this.told.splice(0, this.told.length - REPORTS_MAX / 2);
    }
  }
}
