/**
 * The archive of the embedded Postgres's log (its WAL): a folder of whole segments, from which it can be recovered to any
 * moment after a base backup. The first backup turns it on, without a restart, by a file beside the cluster: so a folder that
 * is not there (a disk that is not mounted, say) is a failure that Postgres tells and tries again, and no end of the archive.
 */
import { join } from "node:path";

export function logArchiveIn(backupFolder: string): string {
  return join(backupFolder, "log");
}

/** The file that turns it on, in the server's folder. */
export function archivingFile(postgresFolder: string): string {
  return join(postgresFolder, ARCHIVING);
}

const ARCHIVING = "archiving";

/** Archives a segment once its copy is on disk and equal; one that is there already must be the same. */
export function archiveCommand(folder: string): string {
  const to = shellWord(folder);
  const [copy, part] = [`"$to/%f"`, `"$to/%f.part"`];
  // Postgres runs it in the cluster's folder.
  return (
    `test -e ../${ARCHIVING} || exit 0; to=${to}; test -e ${copy} && exec cmp -s "%p" ${copy}; ` +
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
