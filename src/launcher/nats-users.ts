/**
 * The users of the embedded nats-server, the same as with docker-compose (config/nats-users.conf): one for each service, who
 * may do only its work, and `bourse`, who may do everything. Their passwords are derived from one random secret.
 */
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../shared/process/project-root.js";
import type { ServiceName } from "../shared/process/services.js";

export type NatsUser = ServiceName | "bourse" | "operator";

/** The folder's secret, which is made once: clients of an earlier run can connect again after a restart. */
export function natsSecret(folder: string): string {
  const file = join(folder, "secret");
  try {
    writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8");
}

export function passwordOf(user: string, secret: string): string {
  return createHmac("sha256", secret).update(user).digest("base64url");
}

/** The users in the form of nats-server's configuration. */
export function natsUsers(secret: string): string {
  const users = readFileSync(join(projectRoot, "config", "nats-users.conf"), "utf8");
  return users.replace(
    /user: ([a-z-]+), password: \$[A-Z_]+/g,
    (_, user: string) => `user: ${user}, password: "${passwordOf(user, secret)}"`,
  );
}
