/** How the pipeline is doing, read when somebody asks, once for all who ask at the same time. */
import { type Static, Type } from "@sinclair/typebox";
import { problemsOf } from "../shared/status/status-problems.js";
import { readStatus, type StatusReadings } from "../shared/status/status-readings.js";
import type { DeskPlugin } from "./context.js";

const PROBLEM = Type.Object({ what: Type.String(), todo: Type.String(), section: Type.String() });
const HEALTH = Type.Object({
  problems: Type.Array(PROBLEM, { description: "what is not as it should be, and what to do; none: all is well" }),
  readings: Type.Unsafe<StatusReadings>({
    type: "object",
    additionalProperties: true,
    description:
      "as npm run status -- --json prints them: services with their lags and queues, assets, streams, owners",
  }),
});

export const health: DeskPlugin = (server, { config, operatorsOnly, service }) => {
  let look: Promise<StatusReadings> | null = null;
  const readings = () => {
    look ??= readStatus(config.places(), service.log, "back-office").finally(() => {
      look = null;
    });
    return look;
  };

  server.get(
    "/api/health",
    {
      preValidation: operatorsOnly,
      schema: {
        tags: ["health"],
        summary: "Every service, asset and stream: lags, owners, queues, what is halted and why; and what is wrong",
        response: { 200: HEALTH },
      },
    },
    async (): Promise<Static<typeof HEALTH>> => {
      const now = await readings();
      return { problems: problemsOf(now), readings: now };
    },
  );
};
