import { expect } from "chai";
import { createLogger } from "../../../../src/shared/process/log.js";

describe("the log", () => {
  it("shows no secret, at the top or in an object, nor the URL of an error", () => {
    const written: string[] = [];
    const log = createLogger("test", "info", { write: (line) => void written.push(line) });
    const secrets = { secret: "hush", password: "hush", databaseUrl: "hush", natsUrl: "hush" };
    log.info({ ...secrets, config: secrets, seen: 1 }, "all of them");
    log.info({ err: Object.assign(new TypeError("Invalid URL"), { input: "postgres://me:hush@" }) }, "a URL");
    expect(written.join("")).to.contain('"seen":1').and.to.contain("Invalid URL").and.to.not.contain("hush");
  });
});
