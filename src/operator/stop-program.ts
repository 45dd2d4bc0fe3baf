/** `npm run stop-all`: how everything stops, typed. What the desk has as buttons (src/back-office/stopping.ts). */
import { perform } from "../shared/operators/acts.js";
import { KILL_WORD, killSwitch, windDown } from "../shared/operators/stops.js";
import { textOption, WrongOption } from "../shared/process/options.js";
import { NEEDED_WHY, type Program } from "./command-line.js";

export const STOP: Program = {
  name: "stop-all",
  summary:
    "How everything stops: at once for everybody, or in order. Everything that changes something is written into the audit.",
  commands: [
    {
      usage: "kill",
      summary: "all assets halt, all customers are suspended, all orders are cancelled, in one transaction",
      options: [NEEDED_WHY, textOption("--confirm <word>", `it has to be "${KILL_WORD}"`)],
      async run({ database, actor, options }) {
        await perform(database, killSwitch(options.confirm ?? "", { actor, why: options.why ?? "" }));
        return { text: "everything is stopped; asset -- resume and account -- resume end it", json: { done: "kill" } };
      },
    },
    {
      usage: "wind-down <asset|all>",
      summary: "no new orders; the desk halts it when all is settled, and the book is empty where orders are cancelled",
      options: [
        NEEDED_WHY,
        textOption("--orders <what>", "what becomes of resting orders: keep or cancel").makeOptionMandatory(),
      ],
      async run({ database, actor, words, options }) {
        const [asset = ""] = words;
        const { orders } = options;
        if (orders !== "keep" && orders !== "cancel") throw new WrongOption("--orders is keep or cancel");
        const wish = { asset: asset === "all" ? null : asset, orders, stopsServices: false } as const;
        await perform(database, windDown(wish, { actor, why: options.why ?? "" }));
        return { text: `${asset}: cancel_only within a second, halted when all is settled`, json: { asset, orders } };
      },
    },
  ],
  examples: [
    `kill --confirm "${KILL_WORD}" --why "keys were stolen"`,
    'wind-down all --orders keep --why "maintenance tonight"',
  ],
};
