import { type Static, Type } from "@sinclair/typebox";
import { refuse } from "../shared/domain/rejects.js";
import { Problem } from "../shared/http/problem.js";
import { noteAct } from "../shared/operators/stops.js";
import type { BotsState, LauncherChannel } from "../shared/process/launcher-asks.js";
import { samplesIn } from "../shared/status/exposition.js";
import type { DeskPlugin } from "./context.js";
import { act, done, TEXT_OR_NULL } from "./schemas.js";

const ANSWER_DEADLINE_MS = 2_000;

const STATE = {
  state: Type.String({ description: "running, starting, stopping or stopped" }),
  problem: Type.Unsafe<string | null>({
    ...TEXT_OR_NULL,
    description: "why they could not be started the last time",
  }),
};
const POSITION = Type.Object({
  bot: Type.String(),
  asset: Type.String(),
  lots: Type.Number({ description: "bought less sold since the start" }),
});
const STATUS = Type.Object({ ...STATE, positions: Type.Array(POSITION) });
const CHANGED = done(STATE);

const WHAT = {
  start: "Starts the bots, which trade with each other and with everybody",
  stop: "Stops the bots: they cancel their orders, and see that none is left",
};

/** At the paths that clients know from elsewhere. */
export const bots: DeskPlugin = (server, { operatorsOnly: preValidation, acts, launcher }) => {
  const tags = ["bots"];

  server.get(
    "/api/bot/status",
    { preValidation, schema: { tags, summary: "Whether bots trade, and their positions", response: { 200: STATUS } } },
    async (): Promise<Static<typeof STATUS>> => {
      const { state, problem, adminUrl } = await launcherIn(launcher).ask("bots status");
      return { state, problem, positions: state === "running" ? await positionsAt(adminUrl) : [] };
    },
  );

  for (const change of ["start", "stop"] as const)
    server.post(
      `/api/bot/${change}`,
      { preValidation, schema: { tags, summary: WHAT[change], body: act({}), response: { 200: CHANGED } } },
      async (request): Promise<Static<typeof CHANGED>> => {
        const channel = launcherIn(launcher);
        await channel.ask("bots status"); // what can't be asked for is not in the audit either
        const noted = (by: { actor: string; why: string }) => noteAct(`${change}_bots`, by);
        const { isRepeated } = await acts.perform(request, request.body.why, noted);
        const { state, problem }: BotsState = await channel.ask(isRepeated ? "bots status" : `${change} bots`);
        return { isRepeated, state, problem };
      },
    );
};

/** Throws a Problem where there is none. */
function launcherIn(launcher: LauncherChannel | null): LauncherChannel {
  if (launcher !== null) return launcher;
  const text =
    "no launcher runs the services here, and the bots are not among them: npm run bots, on the machine where they trade";
  throw new Problem(refuse("UNSUPPORTED_COMBINATION", text), { status: 409 });
}

/** None where they don't answer. */
async function positionsAt(adminUrl: string): Promise<Static<typeof POSITION>[]> {
  const metrics = await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) })
    .then((answer) => answer.text())
    .catch(() => "");
  return samplesIn(metrics)
    .filter(({ name }) => name === "bourse_bots_position_lots")
    .map(({ labels: { bot = "", asset = "" }, value }) => ({ bot, asset, lots: value }));
}
