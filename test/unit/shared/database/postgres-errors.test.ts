import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { POSTGRES_ERRORS } from "../../../../src/shared/database/postgres-errors.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

describe("the catalogue of Postgres errors", () => {
  it("names every error that our functions raise, and no other of that kind", () => {
    const folder = join(projectRoot, "sql");
    const sql = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const raised = new Set(sql.flatMap((text) => text.match(/(?<=errcode = ')BX\d{3}/g) ?? []));
    const named = Object.values(POSTGRES_ERRORS).filter((code) => code.startsWith("BX"));
    expect([...raised].sort()).to.deep.equal(named.sort());
  });
});
