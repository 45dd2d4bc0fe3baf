import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<string>();

/** Deleted when the run ends. Open to other accounts, because as root Postgres runs as somebody else. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bourse-test-"));
  chmodSync(folder, 0o755);
  folders.add(folder);
  return folder;
}

export function deleteTemporaryFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}
