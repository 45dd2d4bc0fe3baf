/** What Prometheus is to look at, in the form of its file_sd_configs. Pure. */
import type { Places } from "../shared/status/places.js";

/** The content of targets.json. */
export function targetsText(admins: Places["admins"]): string {
  const targets = admins.map(({ name, adminUrl }) => ({
    targets: [new URL(adminUrl).host],
    labels: { service: name },
  }));
  return `${JSON.stringify(targets, null, 2)}\n`;
}
