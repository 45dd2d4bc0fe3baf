import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { execute } from "../../support/postgres.js";
import { createBooks } from "./books.js";

const MAIN = join(projectRoot, "dist", "reconciliation", "command.js");

async function run(args: readonly string[], environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env["PATH"], ...environment } });
  const [output, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { output, errors, exitCode };
}

describe("npm run reconcile", () => {
  let url: string;
  before(async () => {
    url = await createBooks();
  });

  it("ends with 0 when nothing differs", async () => {
    const { output, errors, exitCode } = await run([], { DATABASE_URL: url });
    expect(output).to.match(/^\d+ rules: nothing differs\n$/);
    expect([errors, exitCode]).to.deep.equal(["", 0]);
  });

  it("ends with 1 and one line a difference, or one JSON object", async () => {
    await execute(url, "update balances set available = available + 7 where account_id = 2 and currency = 'BTC'");
    const { output, exitCode } = await run([], { DATABASE_URL: url });
    expect(output.split("\n")).to.deep.equal([
      "balances account_id=2 currency=BTC: available is 850007, but 850000 by ledger_entries account_id=2 currency=BTC (a balance is the sum of its account's postings)",
      "balances currency=BTC: available + held is 1000007, but 1000000 by transfers currency=BTC (all balances together are what came in less what went out)",
      output.split("\n")[2] as string,
      "",
    ]);
    expect(output).to.match(/\d+ rules: 2 differences\n$/);
    expect(exitCode).to.equal(1);
    const json = await run(["--json"], { DATABASE_URL: url });
    const lines = json.output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).to.deep.include({ column: "available", found: "850007", expected: "850000" });
    expect(lines[2]).to.have.property("differences", 2);
    expect(json.exitCode).to.equal(1);
  });

  it("ends with 2 and says why when it could not look", async () => {
    const nobody = await run([], { DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing" });
    expect(nobody.errors).to.match(/^reconcile: .*ECONNREFUSED.*\n$/);
    expect(nobody.exitCode).to.equal(2);
    const nowhere = await run([], { DATA_DIR: "/nonexistent" });
    expect(nowhere.errors).to.match(/^reconcile: .*endpoints\.json can't be read: run npm start first/);
    expect(nowhere.exitCode).to.equal(2);
    const unknown = await run(["--jsno"], { DATABASE_URL: url });
    expect(unknown.errors).to.match(
      /^reconcile: unknown option '--jsno' \(Did you mean --json\?\); it is npm run reconcile .*, known are --json, -h, --help\n$/,
    );
    expect(unknown.exitCode).to.equal(2);
  });
});
