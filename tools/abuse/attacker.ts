/** One attack in a process of its own, so that it does not share its loop with the honest clients: ends on SIGTERM. */
import { ATTACKS, type Attacked, NotRefused } from "./attacks.js";

const [name = "", attacked = ""] = process.argv.slice(2);
const attack = ATTACKS.find((known) => known.name === name);
if (attack === undefined) throw new Error(`there is no attack ${name}`);
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
process.once("disconnect", () => stopping.abort()); // whoever started it is gone
process.send?.({ began: true });
try {
  process.send?.({ did: await attack.run(JSON.parse(attacked) as Attacked, stopping.signal) });
} catch (error) {
  if (!(error instanceof NotRefused)) throw error;
  process.send?.({ got: error.message });
}
process.disconnect?.();
