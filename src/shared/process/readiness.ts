/** Whether a service does all that it is there for, by the checks of its parts, and what it needs where it does not. */
import type { Metrics } from "./metrics.js";

/** What /readyz answers. */
export interface Readiness {
  readonly ready: boolean;
  /** Its parts are put together; what it waits for beside that may take long, or for ever. */
  readonly started: boolean;
  /** It does all that it can, and somebody has to act before it does the rest. */
  readonly needsSomebody: boolean;
  readonly waitingFor: readonly string[];
}

/** Null: all is well; else why it is not. */
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
    Object.assign(ready, {
      collect: () => {
        for (const [name, { check }] of this.#checks) ready.set({ check: name }, check() === null ? 1 : 0);
      },
    });
  }
}
