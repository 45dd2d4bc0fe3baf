import { userInfo } from "node:os";
import { ADMIN_PORT_BASE, databaseToLookAt, Environment, SERVICES, serversToLookAt } from "../shared/process/config.js";

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

/** Where `npm run status` looks. */
export interface Places {
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly admins: readonly { readonly name: string; readonly adminUrl: string }[];
}

/** Every service on this machine, at the ports that `npm start` gives them. */
export function placesToLookAt(values?: NodeJS.ProcessEnv): Places {
  const env = new Environment(values);
  const host = env.text("ADMIN_HOST", "127.0.0.1");
  const base = env.port("ADMIN_PORT_BASE", ADMIN_PORT_BASE);
  const admins = SERVICES.map((name, place) => ({ name, adminUrl: `http://${host}:${base + place}` }));
  return { ...serversToLookAt(env), admins };
}
