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
  /** Where the gateway is: its address, or its port on the host that the page was asked at; "": nowhere. */
  readonly pageGateway?: string;
  /** Whether it is asked over TLS; so is then a gateway of which the port is known. */
  readonly isTls?: boolean;
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
const contentPolicy = (gateway: string | null) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    gateway === null ? "connect-src 'self'" : `connect-src 'self' ${gateway} ${gateway.replace("http", "ws")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");

const HEADERS = Object.entries({
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
});

/** Answers with the page's files, with `/assets.json`, what is traded here, and `/page.json`, where orders go. Knows nothing of Socket.IO. */
export function page(options: PageOptions): RequestHandler {
  const { assets, production, folder = join(projectRoot, "dist", "web") } = options;
  // Assets are added and never changed: the list is made anew where there are more.
  let list = { size: 0, text: "[]" };
  const listed = () => {
    if (list.size !== assets.size) list = { size: assets.size, text: assetsJson(assets) };
    return list.text;
  };
  const setHeaders = (response: ServerResponse, path: string) =>
    void response.setHeader("Cache-Control", HASHED.test(path) ? FOR_EVER : "no-cache");
  const files = existsSync(folder) ? sirv(folder, { dev: !production, etag: true, gzip: true, setHeaders }) : null;
  let sending = 0;

  return (request, response) => {
    const refuse = (status: number, text: string) => void response.writeHead(status).end(`${text}\n`);
    const gateway = gatewayOf(options, request.headers.host);
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    response.setHeader("Content-Security-Policy", contentPolicy(gateway));
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
    const answerJson = (text: string) => {
      response.setHeader("Cache-Control", "no-cache");
      response.setHeader("Content-Type", "application/json");
      response.end(text);
    };
    if (request.url === "/assets.json") answerJson(listed());
    else if (request.url === "/page.json") answerJson(JSON.stringify({ gateway }));
    else if (files === null) refuse(404, "the page is not built: npm run build");
    else files(request, response, () => refuse(404, "not found: the page is at /; or connect with Socket.IO"));
  };
}

function assetsJson(assets: PageOptions["assets"]): string {
  const listed = ({ asset, base, quote, tickSize, lotSize }: Asset) => ({ asset, base, quote, tickSize, lotSize });
  return JSON.stringify(Array.from(assets.values(), listed));
}

/** The gateway's address for who asked at this host; null: there is none. */
function gatewayOf(
  { pageGateway = "", isTls = false }: Pick<PageOptions, "pageGateway" | "isTls">,
  host: string | undefined,
): string | null {
  if (pageGateway === "" || pageGateway.startsWith("http")) return pageGateway || null;
  const [, name] = /^([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/.exec(host ?? "") ?? [];
  return name === undefined ? null : `${isTls ? "https" : "http"}://${name}:${pageGateway}`;
}
