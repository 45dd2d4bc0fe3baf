/**
 * What operators decided after the moment: it is in Postgres alone, so that a way back undoes it, and nobody replays it. It is
 * told, and written down, so that they can decide it again (deposits under the same reference: booked once).
 */
import { join } from "node:path";
import type { Queries } from "../shared/database/database.js";
import { nowEpochMs } from "../shared/process/clock.js";
import { writeSynced } from "./catalog.js";
import type { Tell } from "./cluster-copy.js";

interface UndoneAction {
  readonly actionId: number;
  readonly kind: string;
  readonly account: string | null;
  readonly asset: string | null;
  readonly state: string | null;
  readonly keyId: string | null;
  readonly currency: string | null;
  readonly units: number | null;
  readonly reference: string | null;
  readonly madeBy: string;
  readonly why: string;
  readonly madeAt: Date;
}

/** What services decide by themselves follows from the replay, or from the clock, again. */
const ACTIONS = `select a.action_id as "actionId", a.kind, c.name as account, a.asset, a.asset_state as state, a.key_id as "keyId",
    t.currency, t.units, t.reference, a.made_by as "madeBy", a.why, a.made_at as "madeAt"
  from actions a left join accounts c using (account_id) left join transfers t using (transfer_id)
  where a.made_at > $1 and a.made_by <> 'order-processing' order by a.action_id`;

export async function tellUndoneActions(database: Queries, moment: Date, folder: string, tell: Tell): Promise<void> {
  const actions = await database.query<UndoneAction>(ACTIONS, [moment]);
  if (actions.length === 0) return;
  const file = join(folder, `undone-${new Date(nowEpochMs()).toISOString().replaceAll(":", "-")}.jsonl`);
  writeSynced(file, actions.map((action) => `${JSON.stringify(action)}\n`).join(""));
  tell(`${actions.length} decisions of operators after that moment are undone, and have to be made again: ${file}`);
}
