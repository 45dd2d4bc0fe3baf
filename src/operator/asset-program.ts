import { isPostgresError } from "../shared/database/postgres-errors.js";
import type { AssetState } from "../shared/domain/messages.js";
import {
  type Call,
  NEEDED_WHY,
  type Outcome,
  type Program,
  RefusedToOperator,
  type Subcommand,
  table,
  timeText,
} from "./command-line.js";

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
      try {
        const about = asset === "all" ? null : asset;
        await database.query("select set_asset_state($1, $2, $3, $4)", [about, state, actor, options.why]);
      } catch (error) {
        if (isPostgresError(error, "foreignKeyViolation")) throw await noSuchAsset(database, asset);
        throw error;
      }
      return { text: `${asset}: ${state} within a second`, json: { asset, state } };
    },
  };
}

async function show({ database, words }: Call): Promise<Outcome> {
  const asset = words[0] === "all" ? null : words[0];
  const states = await database.query<Record<"asset" | "state", string> & { since: Date | null; why: string | null }>(
    `select asset, coalesce(state, 'open') as state, since, why
     from assets left join asset_states using (asset) where $1::text is null or asset = $1 order by asset`,
    [asset ?? null],
  );
  if (states.length === 0) throw await noSuchAsset(database, asset ?? "all");
  const rows = states.map((row) => [
    row.asset,
    row.state,
    row.since === null ? "-" : timeText(row.since),
    row.why ?? "-",
  ]);
  return { text: table([["asset", "state", "since", "why"], ...rows]), json: { assets: states } };
}

async function noSuchAsset(database: Call["database"], asset: string): Promise<RefusedToOperator> {
  const rows = await database.query<{ asset: string }>("select asset from assets order by asset");
  return new RefusedToOperator(
    `there is no asset ${asset}; there are ${rows.map((row) => row.asset).join(", ")}, and all`,
  );
}
