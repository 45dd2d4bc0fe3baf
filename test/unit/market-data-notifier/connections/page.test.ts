import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type OutgoingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect } from "chai";
import { page } from "../../../../src/market-data-notifier/connections/page.js";
import { loadAssets } from "../../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const { assets } = loadAssets(join(projectRoot, "config", "assets.json"));
const SCRIPT = "main-ABCDEFGH.js";

describe("the notifier's page", () => {
  let folder: string;
  let server: ReturnType<typeof createServer>;

  const serve = async (
    production: boolean,
    gateway: { readonly pageGateway?: string; readonly isTls?: boolean } = {},
  ) => {
    server = createServer(page({ assets, production, folder, ...gateway })).listen(0, "127.0.0.1");
    await once(server, "listening");
  };
  /** As a stranger may ask: fetch would tidy the path up. */
  const get = async (path: string, headers: OutgoingHttpHeaders = {}, method = "GET") => {
    const { port } = server.address() as AddressInfo;
    const asked = request({ port, path, headers, method, agent: false }).end();
    const [answer] = await once(asked, "response");
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part);
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) };
  };

  beforeEach(() => {
    folder = join(temporaryFolder(), "web");
    mkdirSync(folder);
    writeFileSync(join(folder, "index.html"), "<!doctype html>");
    writeFileSync(join(folder, SCRIPT), "script");
    writeFileSync(join(folder, `${SCRIPT}.gz`), gzipSync("script"));
    writeFileSync(join(folder, ".stamp"), "");
    writeFileSync(join(folder, "..", "secret"), "secret");
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  for (const [what, gateway, host, allowed] of [
    ["no gateway", {}, "localhost:7002", null],
    [
      "its port on the host that was asked",
      { pageGateway: "7003" },
      "localhost:7002",
      "http://localhost:7003 ws://localhost:7003",
    ],
    ["the same over TLS", { pageGateway: "7003", isTls: true }, "[::1]:7002", "https://[::1]:7003 wss://[::1]:7003"],
    [
      "its address",
      { pageGateway: "https://gateway.example" },
      "other.example",
      "https://gateway.example wss://gateway.example",
    ],
    ["nothing where the host is none", { pageGateway: "7003" }, "x; script-src *", null],
  ] as const)
    it(`may connect to its own server and the gateway, and nowhere else: ${what}`, async () => {
      await serve(true, gateway);
      const { headers } = await get("/", { host });
      const policy = String(headers["content-security-policy"]).split("; ");
      expect(policy.find((rule) => rule.startsWith("connect-src "))).to.equal(
        `connect-src 'self'${allowed === null ? "" : ` ${allowed}`}`,
      );
      expect(policy.filter((rule) => /http|script-src/.test(rule) && !rule.startsWith("connect-src "))).to.deep.equal([
        "script-src 'self'",
      ]);
      const { body } = await get("/page.json", { host });
      expect(JSON.parse(String(body))).to.deep.equal({ gateway: allowed?.split(" ")[0] ?? null });
    });

  for (const production of [true, false])
    describe(production ? "in production" : "in development", () => {
      beforeEach(() => serve(production));

      it("is at /, and lets browsers load nothing from elsewhere, or frame it", async () => {
        const { status, headers, body } = await get("/");
        expect([status, String(body)]).to.deep.equal([200, "<!doctype html>"]);
        expect(headers["content-type"]).to.equal("text/html;charset=utf-8");
        const policy = headers["content-security-policy"];
        expect(policy).to.match(/default-src 'none'; script-src 'self';/);
        expect(policy).not.to.include("unsafe");
        expect(headers).to.include({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
      });

      it("is asked for anew, while files named for their content are kept, compressed where that is understood", async () => {
        const { headers } = await get("/");
        expect(headers["cache-control"]).to.equal("no-cache");
        expect(await get("/", { "if-none-match": headers.etag })).to.include({ status: 304 });
        const script = await get(`/${SCRIPT}`, { "accept-encoding": "gzip" });
        expect(script.headers).to.include({ "content-encoding": "gzip", vary: "Accept-Encoding" });
        expect(script.headers["cache-control"]).to.match(/immutable/);
        expect(String(gunzipSync(script.body))).to.equal("script");
      });

      it("gives out nothing beside its folder, and nothing hidden in it", async () => {
        for (const path of ["/../secret", "/..%2fsecret", "/%2e%2e/secret", "//secret", "/%00", "/%", "/none"])
          expect((await get(path)).status, path).to.equal(404);
        if (production) expect((await get("/.stamp")).status).to.equal(404);
      });

      it("answers what no browser asks for, and goes on", async () => {
        for (const range of ["bytes=5-2", "bytes=-1", "bytes=99-", "x", "bytes=0-0,3-2"])
          expect((await get("/", { range })).body, range).to.have.length(15);
        expect((await get("/", {}, "POST")).status).to.equal(405);
        expect((await get("/", {}, "HEAD")).body).to.have.length(0);
        expect((await get("/")).status).to.equal(200);
      });
    });

  it("ends the answer, and nothing else, when a file is gone that was there at the start", async () => {
    await serve(true);
    rmSync(join(folder, SCRIPT));
    const failed = await get(`/${SCRIPT}`).catch((error: NodeJS.ErrnoException) => error.code);
    expect(failed).to.equal("ECONNRESET");
    expect((await get("/")).status).to.equal(200);
  });

  it("says what to do where it is not built", async () => {
    rmSync(folder, { recursive: true });
    await serve(true);
    const { status, body } = await get("/");
    expect([status, String(body)]).to.deep.equal([404, "the page is not built: npm run build\n"]);
  });

  const gateways: readonly [setting: string, isTls: boolean, host: string | undefined, gateway: string | null][] = [
    ["", false, "localhost:7002", null],
    ["7003", false, "localhost:7002", "http://localhost:7003"],
    ["7003", true, "127.0.0.1:7002", "https://127.0.0.1:7003"],
    ["7003", false, "trade.example", "http://trade.example:7003"],
    ["7003", false, "[::1]:7002", "http://[::1]:7003"],
    ["7003", false, "evil; script-src *", null],
    ["https://gateway.example", false, "trade.example", "https://gateway.example"],
  ];
  for (const [pageGateway, isTls, host, gateway] of gateways)
    it(`tells who asks at ${host} that the gateway is at ${gateway}, and lets the page reach nothing else`, async () => {
      server = createServer(page({ assets, production: true, folder, pageGateway, isTls })).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { body, headers } = await get("/page.json", { host });
      expect(JSON.parse(String(body))).to.deep.equal({ gateway });
      const sources = gateway === null ? "" : ` ${gateway} ${gateway.replace("http", "ws")}`;
      expect(headers["content-security-policy"]).to.include(`; connect-src 'self'${sources}; base-uri`);
    });

  it("tells what is traded", async () => {
    await serve(true);
    const { headers, body } = await get("/assets.json");
    expect(headers["content-type"]).to.equal("application/json");
    const [first, ...others] = JSON.parse(String(body));
    expect(first).to.deep.equal({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });
    expect(others).to.have.length(assets.size - 1);
  });
});
