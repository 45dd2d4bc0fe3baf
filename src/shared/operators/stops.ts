/** How everything stops: at once for everybody, or an asset after the other in order. */
import { isPostgresError } from "../database/postgres-errors.js";
import { type Act, type By, noSuchAsset, setAssetState } from "./acts.js";
import { RefusedToOperator } from "./refused.js";

/** What has to be typed to stop everything. */
export const KILL_WORD = "STOP EVERYTHING";

/** Throws RefusedToOperator unless the word was typed. */
export function killSwitch(word: string, { actor, why }: By): Act {
  if (word !== KILL_WORD) throw new RefusedToOperator(`to confirm it, type ${KILL_WORD}`, "it is wrong");
  return { text: `select kill_switch($1, $2) as "actionId"`, values: [actor, why], explain: (error) => error };
}

export interface WindDownWish {
  /** Null: all of them. */
  readonly asset: string | null;
  /** What becomes of resting orders. */
  readonly orders: "keep" | "cancel";
  /** Whether the services end after it, where a launcher runs them. */
  readonly stopsServices: boolean;
}

/** No new orders from now on; the desk halts the assets when all is settled. */
export function windDown({ asset, orders, stopsServices }: WindDownWish, { actor, why }: By): Act {
  return {
    text: `select begin_wind_down($1, $2, $3, $4, $5) as "actionId"`,
    values: [asset, orders, stopsServices, actor, why],
    explain: (error, database) =>
      isPostgresError(error, "foreignKeyViolation") ? noSuchAsset(database, asset ?? "all") : error,
  };
}

/** All assets halt at once; the services are told to end after it, by who asks for it. */
export function haltAndStop({ actor, why }: By): Act {
  const all = setAssetState(null, "halted", { actor, why });
  return { ...all, text: `${all.text}, record_act('stop_services', null, null, null, $3, $4)` };
}

/** What is written of acts that change nothing in Postgres. */
export function noteAct(kind: "start_bots" | "stop_bots", { actor, why }: By): Act {
  return {
    text: `select record_act($1, null, null, null, $2, $3) as "actionId"`,
    values: [kind, actor, why],
    explain: (error) => error,
  };
}
