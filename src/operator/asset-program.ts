import type { AssetState } from "../shared/domain/messages.js";
import { tradingHoursIn } from "../shared/domain/trading-hours.js";
import { assetStatesOf, noSuchAsset, perform, setAssetState, setTradingHours } from "../shared/operators/acts.js";
import { RefusedToOperator } from "../shared/operators/refused.js";
import { textOption } from "../shared/process/options.js";
import { type Call, NEEDED_WHY, type Outcome, type Program, type Subcommand, table, timeText } from "./command-line.js";

const ZONE = textOption("--zone <name>", "the time zone of the hours (default: UTC)");

export const ASSET: Program = {
  name: "asset",
  summary: "What may be traded at the moment. Everything that changes something is written into the audit.",
  commands: [
    { usage: "show [asset|all]", summary: "the state of one or all, since when, and why", options: [], run: show },
    setter("halt", "halted", "no orders, no single cancels; CANCELALL and timers still work"),
    setter("cancel-only", "cancel_only", "orders are refused, cancels are taken"),
    setter("auction", "auction", "orders gather; resume trades them at one price"),
    setter("resume", "open", "trading goes on"),
    {
      usage: "hours <asset> <hours>",
      summary: "when it opens and closes by itself (outside, cancel-only); none: it trades at all times",
      options: [NEEDED_WHY, ZONE],
      run: setHours,
    },
  ],
  examples: [
    "show",
    'hours BTC-USD "Mon-Fri 09:00-17:30" --zone Europe/Zurich --why "as agreed"',
    'halt BTC-USD --why "price feed is broken"',
    'resume all --why "feed is back"',
  ],
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

async function setHours({ database, actor, words, options }: Call): Promise<Outcome> {
  const [asset = "", text = ""] = words;
  const hours = text === "none" ? [] : tradingHoursIn(text);
  if (hours === null)
    throw new RefusedToOperator(`${text} are no hours: "Mon-Fri 09:00-17:30, Sat 10:00-12:00", or none`, "it is wrong");
  await perform(database, setTradingHours(asset, hours, options.zone ?? "UTC", { actor, why: options.why ?? "" }));
  const [state] = await assetStatesOf(database, asset);
  return { text: `${asset}: ${state?.hours ?? "trades at all times"}`, json: { asset, hours: state?.hours ?? null } };
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
    row.hours ?? "-",
  ]);
  return { text: table([["asset", "state", "since", "why", "hours"], ...rows]), json: { assets: states } };
}
