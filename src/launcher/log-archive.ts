/**
 * The archive of the embedded Postgres's log (its WAL): a folder of whole segments, from which it can be recovered to any
 * moment after a base backup. The folder's existence turns it on, so that the first backup needs no restart.
 */

import { join } from "node:path";

export function logArchiveIn(backupFolder: string): string {
  return join(backupFolder, "log");
}

/** Archives a segment once its copy is on disk and equal; one that is there already must be the same. */
export function archiveCommand(folder: string): string {
  const to = shellWord(folder);
  const [copy, part] = [`"$to/%f"`, `"$to/%f.part"`];
  return (
    `to=${to}; test -d "$to" || exit 0; test -e ${copy} && exec cmp -s "%p" ${copy}; ` +
    `cp "%p" ${part} && sync ${part} && cmp -s "%p" ${part} && mv ${part} ${copy} && sync "$to"`
  );
}

export function fetchCommand(folder: string): string {
  return `cp ${shellWord(folder)}/"%f" "%p"`;
}

/** Postgres takes %% for a percent sign, and a shell what stands in single quotes as it is. */
function shellWord(path: string): string {
  return `'${path.replaceAll("'", "'\\''").replaceAll("%", "%%")}'`;
}
