import * as v from "valibot";
import { processSettings, registry } from "../shared/process/service-config.js";
import { integer, optionalText, port, production, readSettings, text } from "../shared/process/settings.js";
import { STRATEGIES } from "./strategies/strategies.js";

const BOTS = v.pipe(
  v.object({
    ...processSettings("bots"),
    registry: registry(),
    orderHandler: v.object({ host: text("ORDER_HANDLER_HOST", "127.0.0.1"), port: port("ORDER_HANDLER_PORT", 7001) }),
    notifier: v.object({ host: text("NOTIFIER_HOST", "127.0.0.1"), port: port("NOTIFIER_PORT", 7002) }),
    /** Whether the public ports speak TLS: they have a certificate then. */
    certificate: optionalText("TLS_CERT"),
    /** Which of them trade, with commas between them. */
    names: text("BOTS_STRATEGIES", STRATEGIES.map(({ name }) => name).join(",")),
    /** The same seed wants the same of the same market. */
    seed: integer("BOTS_SEED", 1, { min: 0, max: 2 ** 31 }),
    /** How many times as often as its strategy says each of them looks at the market: a day's orders in an hour. */
    speed: integer("BOTS_SPEED", 1, { min: 1, max: 100 }),
    /** The secret of their keys. */
    secret: optionalText("BOTS_SECRET"),
    isProduction: production(),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { names, isProduction, secret, certificate, notifier, ...settings } = dataset.value;
    const wanted = names.split(",").map((name) => name.trim());
    const strategies = STRATEGIES.filter(({ name }) => wanted.includes(name));
    const known = STRATEGIES.map(({ name }) => name).join(", ");
    if (strategies.length < wanted.length) addIssue({ message: `BOTS_STRATEGIES is ${names}; known are ${known}` });
    if (isProduction && secret === null)
      addIssue({ message: "BOTS_SECRET is missing: in production the bots' keys have a secret of their own" });
    if (strategies.length < wanted.length || (isProduction && secret === null)) return NEVER;
    const tls = certificate !== null;
    const notifierUrl = `${tls ? "https" : "http"}://${notifier.host}:${notifier.port}`;
    return { ...settings, orderHandler: { ...settings.orderHandler, tls }, notifierUrl, strategies, secret };
  }),
);

export function botsConfig(values?: NodeJS.ProcessEnv) {
  return readSettings(BOTS, values);
}
