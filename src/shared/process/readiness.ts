/** The readiness of a service: the checks of its parts, and what it needs if one is not content. */
import type { Metrics } from "./metrics.js";

/** The answer of /readyz. */
export interface Readiness {
  readonly ready: boolean;
  /** Whether its parts are put together; it may still wait for other things, perhaps for ever. */
  readonly started: boolean;
  /** Whether it does all that it can, but needs an operator for the rest. */
  readonly needsSomebody: boolean;
  readonly waitingFor: readonly string[];
}

/** Why it is not ready; null: it is. */
type Check = () => string | null;

export class ReadinessChecks {
  readonly #checks = new Map<string, { readonly check: Check; readonly needs: "time" | "somebody" }>();

  add(name: string, check: Check, needs: "time" | "somebody" = "time"): void {
    this.#checks.set(name, { check, needs });
  }

  readiness({ isStarted, isStopping }: { readonly isStarted: boolean; readonly isStopping: boolean }): Readiness {
    const failing = [...this.#checks].flatMap(([name, { check, needs }]) => {
      const reason = check();
      return reason === null ? [] : [{ needs, text: `${name}: ${reason}` }];
    });
    const waitingFor = failing.map(({ text }) => text);
    if (isStopping) waitingFor.push("stopping");
    else if (!isStarted) waitingFor.push("starting");
    const [ready, started] = [waitingFor.length === 0, isStarted && !isStopping];
    const needsSomebody = started && !ready && failing.every(({ needs }) => needs === "somebody");
    return { ready, started, needsSomebody, waitingFor };
  }

  exposeTo(metrics: Metrics): void {
    const ready = metrics.gauge("ready", "1: all is well with it; 0: /readyz says why not", ["check"]);
    metrics.onScrape(() => {
      for (const [name, { check }] of this.#checks) ready.set({ check: name }, check() === null ? 1 : 0);
    });
  }
}
