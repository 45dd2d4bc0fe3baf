import { userInfo } from "node:os";
import { databaseToLookAt, Environment } from "../shared/config.js";

export interface OperatorConfig {
  readonly databaseUrl: string;
  readonly production: boolean;
  /** Null: not given. */
  readonly key: { readonly keyId: string; readonly secret: string } | null;
  /** Who acts where no key is given. */
  readonly user: string;
}

export function operatorConfig(values?: NodeJS.ProcessEnv): OperatorConfig {
  const env = new Environment(values);
  const keyId = env.text("OPERATOR_KEY_ID", "");
  const secret = env.text("OPERATOR_SECRET", "");
  return Object.freeze({
    databaseUrl: databaseToLookAt(env),
    production: env.text("NODE_ENV", "development") === "production",
    key: keyId === "" && secret === "" ? null : { keyId, secret },
    user: userInfo().username,
  });
}
