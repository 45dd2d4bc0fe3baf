/** The OpenAPI page is made of the schemas that judge requests, and what is committed is that page. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

const FILE = join(projectRoot, "docs/openapi.json");

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, object>>;
}

describe("the gateway's OpenAPI page", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let page: { openapi: string; paths: Record<string, Record<string, Operation>> };

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    gateway = await startGateway(pipeline);
    page = (await gateway.ask("GET", "/v1/openapi.json")).json;
  });
  after(async () => {
    await gateway.stop();
    await pipeline.stop();
  });

  it("is docs/openapi.json (UPDATE_OPENAPI=1 writes it)", () => {
    const text = `${JSON.stringify(page, null, 1)}\n`;
    if (process.env["UPDATE_OPENAPI"] === "1") writeFileSync(FILE, text);
    expect(JSON.parse(readFileSync(FILE, "utf8"))).to.deep.equal(page);
  });

  it("is of version 3.1, says of each route what it is for and what its errors are, and which ones need a key", () => {
    expect(page.openapi).to.match(/^3\.1\./);
    const operations = Object.entries(page.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
    );
    expect(operations).to.have.length.above(15);
    expect(operations.filter(({ summary }) => summary === undefined).map(({ name }) => name)).to.deep.equal([]);
    expect(operations.filter(({ responses }) => responses["default"] === undefined)).to.deep.equal([]);
    const open = operations.filter(({ security }) => security === undefined).map(({ name }) => name);
    expect(open).to.include.members(["get /v1/time", "get /v1/depth/{asset}", "get /v1/status"]);
    expect(open.filter((name) => /order|balance|ledger|key|fill|report|account/.test(name))).to.deep.equal([]);
  });

  it("can be read and tried at /docs, with nothing of it from elsewhere", async () => {
    const html = (await gateway.ask("GET", "/docs/")).bytes.toString();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = ""]) => source);
    expect(sources).to.have.length.above(3);
    for (const source of sources) {
      expect(source).to.not.match(/^(https?:)?\/\//);
      const { status, bytes } = await gateway.ask("GET", new URL(source, `${gateway.url}/docs/`).pathname);
      expect([source, status, bytes.length > 0]).to.deep.equal([source, 200, true]);
    }
  });
});
