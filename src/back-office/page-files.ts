/** The files of the desk's page, as the build has left them: read once, since there are few. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { refuse } from "../shared/domain/rejects.js";
import { Problem } from "../shared/http/problem.js";
import type { HttpServer } from "../shared/http/server.js";
import { projectRoot } from "../shared/process/project-root.js";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const INDEX = "index.html";
/** Nothing from elsewhere, no script in the page, no frame around it, and no copy in a browser's cache of what was shown. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

export function servePage(server: HttpServer, folder = join(projectRoot, "dist", "desk")): void {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => extname(name) in TYPES) : [];
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  const hide = { schema: { hide: true } };
  server.get("/", hide, (_, reply) => {
    const page = files.get(INDEX);
    if (page === undefined) throw new Problem(refuse("UNKNOWN_COMMAND", "the page is not built: npm run build"));
    return reply
      .headers(HEADERS)
      .header("cache-control", "no-cache")
      .type(TYPES[".html"] as string)
      .send(page);
  });
  for (const [name, bytes] of files)
    if (name !== INDEX)
      server.get(`/${name}`, hide, (_, reply) =>
        reply
          .headers(HEADERS)
          .header("cache-control", "public, max-age=31536000, immutable")
          .type(TYPES[extname(name)] as string)
          .send(bytes),
      );
}
