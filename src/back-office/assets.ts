import { type Static, Type } from "@sinclair/typebox";
import type { Currency } from "../shared/domain/assets.js";
import type { AssetState } from "../shared/domain/messages.js";
import { assetStatesOf, hoursIn, setAssetState, setTradingHours } from "../shared/operators/acts.js";
import { createAsset } from "../shared/operators/new-asset.js";
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
const HOURS_TEXT = Type.String({ maxLength: 200, description: "Mon-Fri 09:00-17:30, Sat 10:00-12:00, or none" });
const ZONE = Type.String({ maxLength: 60, default: "UTC", description: "such as Europe/Zurich" });
const HOURS = act({ hours: HOURS_TEXT, zone: Type.Optional(ZONE) });
const DECIMAL = Type.String({ maxLength: 40, description: "decimal text" });
const BPS = Type.Integer({ minimum: -1_000, maximum: 1_000, description: "basis points; below 0: a rebate" });
const COUNT = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** As the assets file lists an asset, and the currencies, hours and zone that come with it. */
const CREATE = act({
  asset: Type.String({ maxLength: 25, description: "BASE-QUOTE, such as SOL-USD" }),
  tickSize: DECIMAL,
  lotSize: DECIMAL,
  minQuantity: Type.Optional(DECIMAL),
  maxQuantity: Type.Optional(DECIMAL),
  minNotional: Type.Optional(DECIMAL),
  maxNotional: Type.Optional(DECIMAL),
  makerFeeBps: Type.Optional(BPS),
  takerFeeBps: Type.Optional(BPS),
  referencePrice: Type.Optional(DECIMAL),
  priceCollarPercent: Type.Optional(COUNT),
  allowSelfTrade: Type.Optional(Type.Boolean()),
  openOrdersMax: Type.Optional(COUNT),
  displaySlicesMax: Type.Optional(COUNT),
  eventsPerCommandMax: Type.Optional(COUNT),
  currencies: Type.Optional(
    Type.Record(
      Type.String({ pattern: "^[A-Z0-9]{1,12}$" }),
      Type.Object(
        {
          decimals: Type.Integer({ minimum: 0, maximum: 12 }),
          kind: Type.Optional(Type.Unsafe<Currency["kind"]>({ type: "string", enum: ["fiat", "stable", "crypto"] })),
        },
        { additionalProperties: false },
      ),
      { description: "those of its two that are new here" },
    ),
  ),
  hours: Type.Optional(HOURS_TEXT),
  zone: Type.Optional(ZONE),
});
const CREATED = done({ asset: Type.String() });
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
    "/api/assets",
    {
      preValidation,
      schema: {
        tags,
        summary: "Creates a market; every service knows it within a few seconds",
        body: CREATE,
        response: { 200: CREATED },
      },
    },
    async (request): Promise<Static<typeof CREATED>> => {
      const { why, currencies = {}, hours: text = "none", zone = "UTC", ...terms } = request.body;
      const asked = { terms, currencies, hours: hoursIn(text), zone };
      const { isRepeated } = await acts.perform(request, why, (by) => createAsset(database, asked, by));
      return { isRepeated, asset: terms.asset };
    },
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
      const hours = hoursIn(text);
      const { isRepeated } = await acts.perform(request, why, (by) => setTradingHours(asset, hours, zone, by));
      return { isRepeated, asset };
    },
  );
};
