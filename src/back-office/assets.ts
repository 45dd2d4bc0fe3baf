import { type Static, Type } from "@sinclair/typebox";
import type { AssetState } from "../shared/domain/messages.js";
import { assetStatesOf, setAssetState } from "../shared/operators/acts.js";
import type { DeskPlugin } from "./context.js";
import { act, done, TEXT_OR_NULL, TIME_OR_NULL } from "./schemas.js";

const STATES: readonly AssetState[] = ["open", "cancel_only", "halted", "auction"];
const STATE = Type.Unsafe<AssetState>({
  type: "string",
  enum: [...STATES],
  description:
    "halted: no orders, no single cancels; cancel_only: no orders; auction: orders gather; open: trading goes on",
});
const ASSETS = Type.Object({
  assets: Type.Array(
    Type.Object({ asset: Type.String(), state: Type.String(), since: TIME_OR_NULL, why: TEXT_OR_NULL }),
  ),
});
const SET = done({ asset: Type.String(), state: Type.String() });
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
};
