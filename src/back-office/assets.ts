import { type Static, Type } from "@sinclair/typebox";
import type { AssetState } from "../shared/domain/messages.js";
import { tradingHoursIn } from "../shared/domain/trading-hours.js";
import { assetStatesOf, setAssetState, setTradingHours } from "../shared/operators/acts.js";
import { RefusedToOperator } from "../shared/operators/refused.js";
import type { DeskPlugin } from "./context.js";
import { act, done, TEXT_OR_NULL, TIME_OR_NULL } from "./schemas.js";

const STATES: readonly AssetState[] = ["open", "cancel_only", "halted", "auction"];
const STATE = Type.Unsafe<AssetState>({
  type: "string",
  enum: [...STATES],
  description:
    "halted: no orders, no single cancels; cancel_only: no orders; auction: orders gather; open: trading goes on",
});
const HOURS_OR_NULL = Type.Unsafe<string | null>({
  ...TEXT_OR_NULL,
  description: "when it is open; null: at all times, but for its state",
});
const ASSETS = Type.Object({
  assets: Type.Array(
    Type.Object({
      asset: Type.String(),
      state: Type.String(),
      since: TIME_OR_NULL,
      why: TEXT_OR_NULL,
      hours: HOURS_OR_NULL,
    }),
  ),
});
const SET = done({ asset: Type.String(), state: Type.String() });
const HOURS = act({
  hours: Type.String({ maxLength: 200, description: "Mon-Fri 09:00-17:30, Sat 10:00-12:00, or none" }),
  zone: Type.Optional(Type.String({ maxLength: 60, default: "UTC", description: "such as Europe/Zurich" })),
});
const SET_HOURS = done({ asset: Type.String() });
const ASSET_PATH = Type.Object({ asset: Type.String({ maxLength: 40, description: "an asset, or all" }) });

export const assets: DeskPlugin = (server, { database, operatorsOnly: preValidation, acts }) => {
  const tags = ["assets"];

  server.get(
    "/api/assets",
    { preValidation, schema: { tags, summary: "What may be traded, since when, and why", response: { 200: ASSETS } } },
    async (): Promise<Static<typeof ASSETS>> => ({ assets: await assetStatesOf(database, null) }),
  );

  server.post(
    "/api/assets/:asset/state",
    {
      preValidation,
      schema: {
        tags,
        summary: "Halts an asset, opens it, or what is between; it takes effect within a second",
        params: ASSET_PATH,
        body: act({ state: STATE }),
        response: { 200: SET },
      },
    },
    async (request): Promise<Static<typeof SET>> => {
      const { asset } = request.params;
      const { state, why } = request.body;
      const about = asset === "all" ? null : asset;
      const { isRepeated } = await acts.perform(request, why, (by) => setAssetState(about, state, by));
      return { isRepeated, asset, state };
    },
  );

  server.post(
    "/api/assets/:asset/hours",
    {
      preValidation,
      schema: {
        tags,
        summary: "When an asset opens and closes by itself; outside it only takes cancels",
        params: ASSET_PATH,
        body: HOURS,
        response: { 200: SET_HOURS },
      },
    },
    async (request): Promise<Static<typeof SET_HOURS>> => {
      const { asset } = request.params;
      const { hours: text, zone = "UTC", why } = request.body;
      const hours = text === "none" ? [] : tradingHoursIn(text);
      if (hours === null)
        throw new RefusedToOperator(
          `${text} are no hours: "Mon-Fri 09:00-17:30, Sat 10:00-12:00", or none`,
          "it is wrong",
        );
      const { isRepeated } = await acts.perform(request, why, (by) => setTradingHours(asset, hours, zone, by));
      return { isRepeated, asset };
    },
  );
};
