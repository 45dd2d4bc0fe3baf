/** What every plugin of the desk gets, and what a plugin is. */
import type { preValidationAsyncHookHandler } from "fastify";
import type { ConnectedDatabase } from "../shared/database/database.js";
import type { HttpServer } from "../shared/http/server.js";
import type { LauncherChannel } from "../shared/process/launcher-asks.js";
import type { Service } from "../shared/process/lifecycle.js";
import type { Acts } from "./acts.js";
import type { BackOfficeConfig } from "./config.js";
import type { WindDowns } from "./wind-downs.js";

export interface DeskContext {
  readonly config: BackOfficeConfig;
  readonly database: ConnectedDatabase;
  /** Hooks of every route: a key of the role operator, whose account is not suspended. */
  readonly operatorsOnly: preValidationAsyncHookHandler[];
  readonly acts: Acts;
  readonly windDowns: WindDowns;
  /** Null: somebody else than the launcher runs the services. */
  readonly launcher: LauncherChannel | null;
  readonly service: Pick<Service, "log" | "metrics" | "stopping" | "background">;
}

export type DeskPlugin = (server: HttpServer, context: DeskContext) => void;
