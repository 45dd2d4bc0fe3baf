/** S4: services that are started in production where demo keys are good. */
import { execFile } from "node:child_process";
import { freePort } from "../../src/launcher/free-port.js";
import { mainFile } from "../../src/launcher/service-process.js";
import { patience } from "../../test/support/machine.js";
import type { Target } from "../load/target.js";

const SERVICES = ["order-handler", "market-data-notifier", "gateway", "back-office"] as const;
/** What a hasty operator writes; only the first one is production, the others are nothing at all. */
const SPELLINGS = ["production", "Production", "prod"] as const;
const ENDS_WITHIN_MS = 20_000;

/** The names of services that started all the same; null: the servers are not known. */
export async function startedInProduction(target: Target, stopping: AbortSignal): Promise<readonly string[] | null> {
  const { natsUrl, databaseUrl } = target;
  if (natsUrl === null || databaseUrl === null) return null;
  const tries = SERVICES.flatMap((service) => SPELLINGS.map((spelling) => ({ service, spelling })));
  const started: string[] = [];
  while (!stopping.aborted)
    for (const { service, spelling } of tries) {
      if (stopping.aborted) break;
      const urls = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl };
      const own = { KEY_ENCRYPTION_KEY: "5".repeat(64), SMTP_URL: "none" };
      const why = await endOf(service, { ...urls, ...own, NODE_ENV: spelling, ALLOW_PLAINTEXT: "true" });
      if (!/demo keys|NODE_ENV/.test(why)) started.push(`${service} with NODE_ENV=${spelling}: ${why.slice(0, 200)}`);
    }
  return started;
}

/** What the service says of why it ended; one that does not end says that. */
async function endOf(service: (typeof SERVICES)[number], env: NodeJS.ProcessEnv): Promise<string> {
  const names = ["ORDER_HANDLER_PORT", "NOTIFIER_PORT", "GATEWAY_PORT", "GRPC_PORT", "BACK_OFFICE_PORT", "ADMIN_PORT"];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const timeout = patience(ENDS_WITHIN_MS);
  const options = { env: { PATH: process.env["PATH"], ...env, ...Object.fromEntries(ports) }, timeout };
  return new Promise((resolve) => {
    execFile(process.execPath, [mainFile(service)], { ...options, killSignal: "SIGKILL" }, (error, stdout, stderr) =>
      resolve(error === null || error.killed ? "it started" : stdout + stderr),
    );
  });
}
