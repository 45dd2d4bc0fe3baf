import { expect } from "chai";
import { StrangerLog } from "../../../src/order-handler/stranger-log.js";
import type { Logger } from "../../../src/shared/process/log.js";

describe("the log of strangers", () => {
  it("says in one line a second what a million connections came to, in few bytes", () => {
    const lines: string[] = [];
    const log = new StrangerLog({ info: (fields: object) => lines.push(JSON.stringify(fields)) } as unknown as Logger);
    for (let nowMs = 0; nowMs < 10_000; nowMs += 200) {
      for (let attempt = 0; attempt < 1_000; attempt++)
        log.note(`reason ${attempt} ${"x".repeat(1_000)}`, `10.0.0.${attempt}`);
      log.sweep(nowMs);
    }
    expect(lines).to.have.length(10);
    for (const line of lines) expect(line.length).to.be.below(1_500);
  });

  it("counts what happened by its kind, and says nothing when nothing did", () => {
    const lines: object[] = [];
    const log = new StrangerLog({ info: (fields: object) => lines.push(fields) } as unknown as Logger);
    log.sweep(0);
    for (const what of ["no login", "no login", "HTTP"]) log.note(what, "10.0.0.1");
    log.sweep(200);
    log.sweep(2_000);
    expect(lines).to.deep.equal([{ strangers: { "no login": 2, HTTP: 1 }, addresses: ["10.0.0.1"] }]);
  });
});
