import type { Health } from "../../src/shared/subscriber/liveness.js";
import type { Page } from "../model/page.js";

const WORDS: Readonly<Record<Exclude<Health, "live">, string>> = {
  connecting: "Connecting to the server…",
  stale: "⚠ The server is silent. What is shown may be old; it goes on by itself.",
  gone: "⚠ The connection is gone. What is shown is old; trying again until it is back.",
};

/** Always in the page, so that screen readers are told when it gets a text. */
export function Banner({ page }: { readonly page: Page }) {
  const health = page.health.value;
  const lagged = page.lagged.value;
  return (
    <div class="banner" role="alert" data-health={health}>
      {health === "live" ? "" : `${WORDS[health]}${lagged === "" ? "" : ` The server said: ${lagged}`}`}
    </div>
  );
}
