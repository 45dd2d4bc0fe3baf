import type { AssetState } from "../shared/domain/messages.js";
import { assetStatesOf, noSuchAsset, perform, setAssetState } from "../shared/operators/acts.js";
import { type Call, NEEDED_WHY, type Outcome, type Program, type Subcommand, table, timeText } from "./command-line.js";

export const ASSET: Program = {
  name: "asset",
  summary: "What may be traded at the moment. Everything that changes something is written into the audit.",
  commands: [
    { usage: "show [asset|all]", summary: "the state of one or all, since when, and why", options: [], run: show },
    setter("halt", "halted", "no orders, no single cancels; CANCELALL and timers still work"),
    setter("cancel-only", "cancel_only", "orders are refused, cancels are taken"),
    setter("auction", "auction", "orders gather; resume trades them at one price"),
    setter("resume", "open", "trading goes on"),
  ],
  examples: ["show", 'halt BTC-USD --why "price feed is broken"', 'resume all --why "feed is back"'],
};

function setter(name: string, state: AssetState, summary: string): Subcommand {
  return {
    usage: `${name} <asset|all>`,
    summary,
    options: [NEEDED_WHY],
    async run({ database, actor, words, options }) {
      const [asset = ""] = words;
      const about = asset === "all" ? null : asset;
      await perform(database, setAssetState(about, state, { actor, why: options.why ?? "" }));
      return { text: `${asset}: ${state} within a second`, json: { asset, state } };
    },
  };
}

async function show({ database, words }: Call): Promise<Outcome> {
  const asset = words[0] === "all" ? null : (words[0] ?? null);
  const states = await assetStatesOf(database, asset);
  if (states.length === 0) throw await noSuchAsset(database, asset ?? "all");
  const rows = states.map((row) => [
    row.asset,
    row.state,
    row.since === null ? "-" : timeText(row.since),
    row.why ?? "-",
  ]);
  return { text: table([["asset", "state", "since", "why"], ...rows]), json: { assets: states } };
}
