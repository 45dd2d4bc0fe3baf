import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { until } from "../support/eventually.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const RECOVERY_MS = 20_000;

describe("npm run watch, in a pipe", function () {
  this.timeout(120_000);
  let bourse: BourseUnderTest;
  let program: ChildProcess;
  let printed = "";

  before(async () => {
    bourse = await BourseUnderTest.start();
    const path = join(projectRoot, "dist", "terminal", "main.js");
    const args = [path, "BTC-USD", "--key", "random1", "--secret", "random1"];
    program = spawn(process.execPath, args, { env: { ...process.env, DATA_DIR: bourse.dataFolder } });
    for (const stream of [program.stdout, program.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
      });
  });
  after(async () => {
    program?.kill("SIGKILL");
    await bourse?.end();
  });

  const type = (line: string) => program.stdin?.write(`${line}\n`);
  const prints = (what: RegExp) => until(`${what} in\n${printed}`, () => what.test(printed), RECOVERY_MS);

  it("sends the lines that are typed, also those that come before its login, and prints each response", async () => {
    type("SELL BTC-USD 0.5 64000 id=first");
    type("SELL BTC-USD 0.5 64000.001");
    await prints(/^ACK \d+ BTC-USD id=first\n(.*\n)*?REJ 205 INVALID_PRICE /m); // what becomes of it may come between
  });

  it("prints the book, the own report, and a trade that somebody makes", async () => {
    await prints(/^depth \d+ BTC-USD bid none, ask 0\.5 at 64000\.00$/m);
    await prints(/^report 1 order \d+ id=first BTC-USD accepted: open; sell 0\.5 at 64000\.00, 0 filled$/m);
    const other = await TextSession.open(bourse.endpoints.orderHandler, "random2");
    expect(await other.request("BUY BTC-USD 0.2 64000")).to.match(/^ACK /);
    other.close();
    await prints(/^\d\d:\d\d:\d\d trade 1 BTC-USD 0\.2 at 64000\.00, taker buy$/m);
    await prints(/^report 2 order \d+ id=first BTC-USD trade 0\.2 at 64000\.00: partially_filled;/m);
    await prints(/^balance BTC 999999\.5 available, 0\.3 held$/m);
  });

  it("comes back when the notifier and the order-handler do, and goes on where it was", async () => {
    const before = printed.length;
    const later = () => printed.slice(before);
    await Promise.all([bourse.killAndWaitForNext("market-data-notifier"), bourse.killAndWaitForNext("order-handler")]);
    for (const what of [/^notifier \S+: gone, trying again$/m, /^order handler \S+: away \(.+\), trying again$/m])
      await until(`${what} in\n${later()}`, () => what.test(later()), RECOVERY_MS);
    const isBack = () => /^notifier \S+: live$/m.test(later()) && /: logged in as random1$/m.test(later());
    await until(`its return in\n${later()}`, isBack, RECOVERY_MS);
    await until(
      `the book in\n${later()}`,
      () => /^depth \d+ BTC-USD bid none, ask 0\.3 at/m.test(later()),
      RECOVERY_MS,
    );
    type("CANCEL BTC-USD id=first");
    await prints(/^report 3 order \d+ id=first BTC-USD canceled: canceled \(requested\)/m);
    expect(printed.match(/^report 2 /gm)).to.have.length(1);
    expect(printed.match(/ trade 1 BTC-USD/g)).to.have.length(1);
  });

  it("ends with QUIT, once that is answered", async () => {
    const ended = once(program, "exit");
    type("QUIT");
    expect(await ended).to.deep.equal([0, null]);
    expect(printed).to.match(/^OK QUIT$/m);
  });
});
