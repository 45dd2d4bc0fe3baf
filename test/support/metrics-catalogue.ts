/** The catalogue of metrics in docs/operations.md: what every service shows, what rules may name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";

export interface CatalogueRow {
  readonly name: string;
  readonly labels: readonly string[];
  readonly kind: string;
  /** Service names with commas between them; or "every service". */
  readonly of: string;
  readonly help: string;
}

const ROW = /^\| `(\w+)(?:\{([\w, ]+)\})?` \| (counter|gauge|histogram|summary) \| (.+?) \| (.+) \|$/gm;

export function metricsCatalogue(): CatalogueRow[] {
  const page = readFileSync(join(projectRoot, "docs", "operations.md"), "utf8");
  return [...page.matchAll(ROW)].map(([, name, labels, kind, of, help]) => ({
    name: name as string,
    labels: labels?.split(", ") ?? [],
    kind: kind as string,
    of: of as string,
    help: help as string,
  }));
}
