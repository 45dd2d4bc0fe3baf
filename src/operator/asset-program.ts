import type { AssetTerms } from "../shared/domain/assets-schema.js";
import type { AssetState } from "../shared/domain/messages.js";
import {
  assetStatesOf,
  hoursIn,
  noSuchAsset,
  perform,
  setAssetState,
  setTradingHours,
} from "../shared/operators/acts.js";
import { createAsset, type NewAsset } from "../shared/operators/new-asset.js";
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
      usage: "create <asset>",
      summary: "a new market, such as SOL-USD: every service knows it within a few seconds",
      options: [
        NEEDED_WHY,
        textOption("--tick <size>", "what prices are multiples of").makeOptionMandatory(),
        textOption("--lot <size>", "what quantities are multiples of").makeOptionMandatory(),
        textOption("--maker-fee <bps>", "basis points; below 0: a rebate (default: 0)").argParser(String),
        textOption("--taker-fee <bps>", "basis points (default: 0)"),
        ...[
          textOption("--min-quantity <quantity>", "of an order"),
          textOption("--max-quantity <quantity>", "of an order"),
        ],
        ...[
          textOption("--min-notional <amount>", "price times quantity"),
          textOption("--max-notional <amount>", "the same"),
        ],
        textOption("--reference-price <price>", "that others are measured by until it has traded"),
        textOption("--collar-percent <percent>", "how far a price may be from the last one"),
        textOption("--open-orders-max <count>", "orders in its book"),
        textOption("--base-decimals <decimals>", "of a base currency that is new here"),
        textOption("--base-kind <kind>", "crypto, stable or fiat (default: crypto)"),
        textOption("--quote-decimals <decimals>", "of a quote currency that is new here"),
        textOption("--quote-kind <kind>", "crypto, stable or fiat (default: crypto)"),
        textOption("--hours <hours>", "when it is open (default: at all times)"),
        ZONE,
      ],
      run: create,
    },
    {
      usage: "hours <asset> <hours>",
      summary: "when it opens and closes by itself (outside, cancel-only); none: it trades at all times",
      options: [NEEDED_WHY, ZONE],
      run: setHours,
    },
  ],
  examples: [
    "show",
    'create SOL-USD --tick 0.01 --lot 0.01 --maker-fee 10 --taker-fee 20 --why "asked for"',
    'create DOGE-USD --tick 0.0001 --lot 1 --base-decimals 8 --why "new here"',
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

async function create({ database, actor, words, options }: Call): Promise<Outcome> {
  const [asset = ""] = words;
  const { tick, lot, minQuantity, maxQuantity, minNotional, maxNotional, referencePrice } = options;
  const given = {
    asset,
    tickSize: tick,
    lotSize: lot,
    minQuantity,
    maxQuantity,
    minNotional,
    maxNotional,
    referencePrice,
  };
  const numbers = {
    makerFeeBps: numberIn(options.makerFee),
    takerFeeBps: numberIn(options.takerFee),
    priceCollarPercent: numberIn(options.collarPercent),
    openOrdersMax: numberIn(options.openOrdersMax),
  };
  const terms = Object.fromEntries(Object.entries({ ...given, ...numbers }).filter(([, value]) => value !== undefined));
  const [base = "", quote = ""] = asset.split("-");
  const currencies = {
    ...currencyIn(base, options.baseDecimals, options.baseKind),
    ...currencyIn(quote, options.quoteDecimals, options.quoteKind),
  };
  const hours = hoursIn(options.hours ?? "none");
  const asked = { terms: terms as AssetTerms, currencies, hours, zone: options.zone ?? "UTC" };
  await perform(database, await createAsset(database, asked, { actor, why: options.why ?? "" }));
  return { text: `${asset}: tradeable within a few seconds`, json: { asset } };
}

function currencyIn(currency: string, decimals: string | undefined, kind: string | undefined): NewAsset["currencies"] {
  if (decimals === undefined && kind === undefined) return {};
  const given = { decimals: numberIn(decimals), ...(kind === undefined ? {} : { kind }) };
  return { [currency]: given as NewAsset["currencies"][string] };
}

/** What is no number stays text, which the rules of assets refuse. */
function numberIn(text: string | undefined): number | string | undefined {
  return text === undefined || !/^-?\d{1,15}$/.test(text) ? text : Number(text);
}

async function setHours({ database, actor, words, options }: Call): Promise<Outcome> {
  const [asset = "", text = ""] = words;
  await perform(
    database,
    setTradingHours(asset, hoursIn(text), options.zone ?? "UTC", { actor, why: options.why ?? "" }),
  );
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
