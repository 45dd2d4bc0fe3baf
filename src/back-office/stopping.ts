/** How everything stops: the kill switch at once for everybody, a wind-down in order, and the end of the services. */
import { type Static, Type } from "@sinclair/typebox";
import { refuse } from "../shared/domain/rejects.js";
import { Problem } from "../shared/http/problem.js";
import { setAssetState } from "../shared/operators/acts.js";
import { haltAndStop, KILL_WORD, killSwitch, windDown } from "../shared/operators/stops.js";
import type { DeskContext, DeskPlugin } from "./context.js";
import { act, done, following, LIMIT, NEXT, query, TEXT_OR_NULL, TIME, TIME_OR_NULL } from "./schemas.js";
import { stopServicesOf } from "./wind-downs.js";

const WORD = Type.Object({ word: Type.String({ description: "what has to be typed" }) });
const KILL = act({ confirm: Type.String({ maxLength: 100, description: "the word of GET /api/kill-switch" }) });
const ORDERS = Type.Unsafe<"keep" | "cancel">({
  type: "string",
  enum: ["keep", "cancel"],
  description: "what becomes of resting orders",
});
const ASSET = Type.Optional(Type.String({ maxLength: 40, description: "default: all assets" }));
const STOPS = Type.Optional(
  Type.Boolean({
    default: false,
    description: "the services end after it: where npm start runs them, and of all assets only",
  }),
);
const WIND_DOWN = act({ asset: ASSET, orders: ORDERS, stopServices: STOPS });
const SHUT_DOWN = act({ asset: ASSET, stopServices: STOPS });
const BEGUN = done({ asset: Type.String(), state: Type.String() });
const PROGRESS = Type.Object({
  windDownId: Type.Integer(),
  asset: TEXT_OR_NULL,
  orders: Type.String(),
  stopsServices: Type.Boolean(),
  madeBy: Type.String(),
  why: Type.String(),
  begunAt: TIME,
  endedAt: TIME_OR_NULL,
  outcome: TEXT_OR_NULL,
});
const WIND_DOWNS = Type.Object({ windDowns: Type.Array(PROGRESS), next: NEXT });

export const stopping: DeskPlugin = (server, context) => {
  const { database, operatorsOnly: preValidation, acts, windDowns } = context;
  const tags = ["stopping"];

  server.get(
    "/api/kill-switch",
    { preValidation, schema: { tags, summary: "What has to be typed to stop everything", response: { 200: WORD } } },
    () => ({ word: KILL_WORD }),
  );

  server.post(
    "/api/kill-switch",
    {
      preValidation,
      schema: {
        tags,
        summary: "Halts all assets, suspends all customers and cancels all orders, in one transaction",
        body: KILL,
        response: { 200: done({}) },
      },
    },
    async (request) => {
      const { confirm, why } = request.body;
      const { isRepeated } = await acts.perform(request, why, (by) => killSwitch(confirm, by));
      return { isRepeated };
    },
  );

  server.post(
    "/api/wind-downs",
    {
      preValidation,
      schema: {
        tags,
        summary:
          "No new orders; when all is settled, and the book is empty where orders are cancelled, the asset halts",
        body: WIND_DOWN,
        response: { 200: BEGUN },
      },
    },
    async (request): Promise<Static<typeof BEGUN>> => {
      const { asset, orders, stopServices = false, why } = request.body;
      assertMayStop(context, asset, stopServices);
      const wish = { asset: asset ?? null, orders, stopsServices: stopServices };
      const { isRepeated } = await acts.perform(request, why, (by) => windDown(wish, by));
      windDowns.wake();
      return { isRepeated, asset: asset ?? "all", state: "cancel_only" };
    },
  );

  server.get(
    "/api/wind-downs",
    {
      preValidation,
      schema: {
        tags,
        summary: "Wind-downs, the newest first; without an outcome: under way",
        querystring: query({ limit: LIMIT, next: NEXT }),
        response: { 200: WIND_DOWNS },
      },
    },
    async (request): Promise<Static<typeof WIND_DOWNS>> => {
      const { limit = 100, next = null } = request.query;
      const rows = await database.query<Static<typeof PROGRESS>>(
        `select action_id as "windDownId", asset, orders, stops_services as "stopsServices", made_by as "madeBy", why,
           begun_at as "begunAt", ended_at as "endedAt", outcome
         from wind_downs where $1::bigint is null or action_id < $1 order by action_id desc limit $2`,
        [next, limit],
      );
      return { windDowns: rows, ...following(rows, limit, ({ windDownId }) => windDownId) };
    },
  );

  server.post(
    "/api/shutdown",
    {
      preValidation,
      schema: {
        tags,
        summary: "Halts an asset, or all of them, at once; resting orders are kept, and the services may end",
        body: SHUT_DOWN,
        response: { 200: BEGUN },
      },
    },
    async (request): Promise<Static<typeof BEGUN>> => {
      const { asset, stopServices = false, why } = request.body;
      assertMayStop(context, asset, stopServices);
      const { isRepeated } = await acts.perform(request, why, (by) =>
        stopServices ? haltAndStop(by) : setAssetState(asset ?? null, "halted", by),
      );
      if (stopServices && !isRepeated) stopServicesOf(context);
      return { isRepeated, asset: asset ?? "all", state: "halted" };
    },
  );
};

/** Throws a Problem where the services can't be ended from here, or more than what is asked for would end. */
function assertMayStop({ launcher }: DeskContext, asset: string | undefined, stopServices: boolean): void {
  if (!stopServices) return;
  if (asset !== undefined)
    throw new Problem(
      refuse("UNSUPPORTED_COMBINATION", "the services work on all assets: they end with all of them, not with one"),
      { field: "stopServices" },
    );
  if (launcher === null)
    throw new Problem(
      refuse("UNSUPPORTED_COMBINATION", "no launcher runs the services here: end them where they were started"),
      { field: "stopServices", status: 409 },
    );
}
