import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";

describe("docker-compose.yml", () => {
  const text = readFileSync(join(projectRoot, "docker-compose.yml"), "utf8");
  const used = [...text.matchAll(/\$\{(\w+)(:?[-?])?/g)].map(([, name = "", otherwise]) => ({ name, otherwise }));

  it("is production when nothing is said", () => {
    expect(text).to.match(/NODE_ENV: \$\{NODE_ENV:-production\}\n/);
  });

  it("starts with no password that was not set, and config/make-passwords.sh makes them all", () => {
    const passwords = used.filter(({ name }) => name.endsWith("_PASSWORD"));
    expect(passwords.filter(({ otherwise }) => otherwise !== ":?")).to.deep.equal([]);
    const make = () => execFileSync("sh", [join(projectRoot, "config/make-passwords.sh")], { encoding: "utf8" });
    const made = [...make().matchAll(/^(\w+_PASSWORD)=([a-z][a-z0-9]{40,})$/gm)];
    expect(made.map(([, name]) => name)).to.have.members([...new Set(passwords.map(({ name }) => name))]);
    expect(new Set(made.map(([, , password]) => password)).size).to.equal(made.length);
    expect(make()).to.not.contain(made[0]?.[2]);
  });
});
