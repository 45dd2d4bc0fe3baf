import { Type } from "@sinclair/typebox";
import type { GatewayPlugin } from "../context.js";

const TIME = Type.Object({ nowUs: Type.Integer({ description: "microseconds since the epoch" }) });

export const time: GatewayPlugin = (server, { clock }) => {
  server.get("/v1/time", { schema: { summary: "The server's clock", response: { 200: TIME } } }, () => ({
    nowUs: clock.nowUs(),
  }));
};
