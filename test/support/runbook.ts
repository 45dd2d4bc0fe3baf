/** The page for operators, docs/operations.md: its sections, and its catalogue of metrics. */
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

export function runbookPage(): string {
  return readFileSync(join(projectRoot, "docs", "operations.md"), "utf8");
}

/** Titles of its sections. */
export function runbookSections(): string[] {
  return [...runbookPage().matchAll(/^## (.+)$/gm)].map(([, title]) => title as string);
}

/** What every service shows, and what rules may name. */
export function metricsCatalogue(): CatalogueRow[] {
  return [...runbookPage().matchAll(ROW)].map(([, name, labels, kind, of, help]) => ({
    name: name as string,
    labels: labels?.split(", ") ?? [],
    kind: kind as string,
    of: of as string,
    help: help as string,
  }));
}
