import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VARIABLE = "BOURSE_TEST_FOLDER";

/** Of the whole run: whoever asks first creates it, and tells the processes that it starts. */
export function folderOfRun(): string {
  process.env[VARIABLE] ??= createIn(tmpdir(), "bourse-test-");
  return process.env[VARIABLE];
}

export function deleteFolderOfRun(): void {
  execFileSync("rm", ["-rf", folderOfRun()]); // several times as fast as rmSync, and there are hundreds of databases
}

/** Deleted when the run ends. */
export function temporaryFolder(): string {
  return createIn(folderOfRun(), "of-a-test-");
}

/** Open to other accounts, because as root Postgres runs as somebody else. */
function createIn(parent: string, prefix: string): string {
  const folder = mkdtempSync(join(parent, prefix));
  chmodSync(folder, 0o755);
  return folder;
}
