import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import sirv from "sirv";
import type { Asset } from "../../shared/domain/assets.js";
import { projectRoot } from "../../shared/process/project-root.js";

export interface PageOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  /** In production the list of files is read once; otherwise a build may replace them while we run. */
  readonly production: boolean;
  /** Where the build has put it. */
  readonly folder?: string;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Limit of the files that are being sent at once: each holds a piece of itself in memory. */
const SENDING_MAX = 256;
/** A client that takes nothing for so long is cut. */
const STALLED_TIMEOUT_MS = 10_000;
/** Files whose name holds a hash of their content never change. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;
const FOR_EVER = "public, max-age=31536000, immutable";

/** Nothing is loaded from elsewhere, no script stands in the page, nobody may frame it. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const HEADERS = Object.entries({
  "Content-Security-Policy": CONTENT_POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
});

/** Answers with the page's files, and with `/assets.json`, what is traded here. Knows nothing of Socket.IO. */
export function page({ assets, production, folder = join(projectRoot, "dist", "web") }: PageOptions): RequestHandler {
  const assetsJson = JSON.stringify(
    [...assets.values()].map(({ asset, base, quote, tickSize, lotSize }) => ({
      asset,
      base,
      quote,
      tickSize,
      lotSize,
    })),
  );
  const setHeaders = (response: ServerResponse, path: string) =>
    void response.setHeader("Cache-Control", HASHED.test(path) ? FOR_EVER : "no-cache");
  const files = existsSync(folder) ? sirv(folder, { dev: !production, etag: true, gzip: true, setHeaders }) : null;
  let sending = 0;

  return (request, response) => {
    const refuse = (status: number, text: string) => void response.writeHead(status).end(`${text}\n`);
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD")
      return refuse(405, "GET the page, or connect with Socket.IO");
    if (sending >= SENDING_MAX) return refuse(503, "too many files are being sent: try again");
    sending++;
    response.once("close", () => sending--);
    response.setTimeout(STALLED_TIMEOUT_MS, () => response.destroy());
    // A file that a build has just replaced can't be read: that is this response's end, not the process's.
    response.once("pipe", (file) => file.once("error", () => response.destroy()));
    // Parts of files serve nobody here, and sirv throws at a range that ends before it begins.
    delete request.headers.range;
    if (request.url === "/assets.json") {
      response.setHeader("Cache-Control", "no-cache");
      response.setHeader("Content-Type", "application/json");
      response.end(assetsJson);
    } else if (files === null) refuse(404, "the page is not built: npm run build");
    else files(request, response, () => refuse(404, "not found: the page is at /; or connect with Socket.IO"));
  };
}
