import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { io } from "socket.io-client";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { until } from "../support/eventually.js";
import { patience } from "../support/machine.js";
import { execute } from "../support/postgres.js";
import { ReportSubscriber } from "../support/subscriber.js";
import { BourseUnderTest } from "./bourse-under-test.js";

interface Example {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const PAGES = ["README.md", "docs/protocol.md"];

function examplesOf(page: string): Example[] {
  const blocks = readFileSync(join(projectRoot, page), "utf8").matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...blocks].map(([, language = "", text = ""]) => ({ page, language, text }));
}

const EXAMPLES = PAGES.flatMap(examplesOf);

/** Log ids are those of a pipeline that nobody has used before. */
const withoutIds = (answers: string) => answers.replace(/^ACK \d+/gm, "ACK <id>");

describe("the examples of README and docs/protocol.md", () => {
  let bourse: BourseUnderTest;
  const shown = new Set<Example>();
  const examples = (isMeant: (example: Example) => boolean): Example[] => {
    const found = EXAMPLES.filter(isMeant);
    expect(found).to.have.length.above(0);
    for (const example of found) shown.add(example);
    return found;
  };

  before(async function () {
    this.timeout(120_000);
    bourse = await BourseUnderTest.start();
  });
  after(() => bourse.interrupt());

  /** What the order-handler answers to this text. */
  async function answersTo(text: string): Promise<string> {
    const socket = connect(bourse.endpoints.orderHandler).setEncoding("utf8");
    let answers = "";
    socket.on("data", (piece: string) => (answers += piece));
    socket.write(text);
    await once(socket, "end");
    socket.destroy();
    return answers;
  }
  const session = (account: string, line: string) => answersTo(`LOGIN ${account} ${account}\n${line}\nQUIT\n`);

  it("show a report as it comes, but for its times", async () => {
    const [example] = examples(({ language, text }) => language === "json" && text.includes('"event"'));
    await session("random1", "SELL BTC-USD 0.5 64000 id=my-first");
    await session("random2", "BUY BTC-USD 0.2 MKT");
    const reports = new ReportSubscriber(bourse.endpoints.notifierUrl, "random1");
    await until("the trade's report", () => reports.seen.some(({ event }) => event === "trade"), 20_000);
    reports.close();
    const report: object | undefined = reports.seen.find(({ event }) => event === "trade");
    const { receivedAtUs, matchedAtUs, ...documented } = JSON.parse(example?.text ?? "");
    expect(report).to.deep.equal({ ...report, ...documented });
    expect(Object.keys(report ?? {})).to.have.members([...Object.keys(documented), "receivedAtUs", "matchedAtUs"]);
    expect(matchedAtUs).to.be.above(receivedAtUs);
  });

  it("show a candle, a ticker, a change of depth and an asset's state with the fields that they have", async () => {
    const socket = io(bourse.endpoints.notifierUrl, { forceNew: true });
    const ask = (channel: object) => socket.timeout(patience(5_000)).emitWithAck("subscribe", channel);
    try {
      const { asset, interval, candles } = await ask({ channel: "candles", asset: "BTC-USD", interval: "1m" });
      const { ok: isTicker, ...ticker } = await ask({ channel: "ticker", asset: "BTC-USD" });
      const { statuses } = await ask({ channel: "status" });
      const { ok, depth, ...book } = await ask({ channel: "depth", asset: "BTC-USD" });
      const shownAs = (field: string) => {
        const [example] = examples(({ language, text }) => language === "json" && text.includes(`"${field}"`));
        return Object.keys(JSON.parse(example?.text ?? ""));
      };
      expect(Object.keys({ asset, interval, ...candles.at(-1) })).to.have.members(shownAs("openAtMs"));
      expect([isTicker, ok, depth]).to.deep.equal([true, true, 10]);
      expect(Object.keys(ticker)).to.have.members(shownAs("bestBid"));
      expect(["previousSequence", ...Object.keys(book)]).to.have.members(shownAs("previousSequence"));
      expect(Object.keys(statuses.at(-1))).to.have.members(shownAs("madeBy"));
    } finally {
      socket.close();
    }
  });

  it("show a session of the text dialect as it is", async () => {
    for (const { text } of examples(({ text: words }) => words.startsWith("$ nc "))) {
      const lines = text.trimEnd().split("\n").slice(1);
      const isAnswer = (line: string) => /^(OK|ACK|REJ) /.test(line);
      const requests = lines.filter((line) => !isAnswer(line));
      const answers = await answersTo(requests.map((line) => `${line}\n`).join(""));
      expect(withoutIds(answers)).to.equal(
        withoutIds(
          lines
            .filter(isAnswer)
            .map((line) => `${line}\n`)
            .join(""),
        ),
      );
    }
  });

  it("pipe lines into netcat that are answered as they say", async () => {
    for (const example of examples(({ text }) => / \| nc /.test(text))) {
      const typed = [...example.text.matchAll(/^printf '(.*)' \| nc 127\.0\.0\.1 7001$/gm)].map(
        ([, text = ""]) => text,
      );
      expect(typed).to.have.length(example.text.trimEnd().split("\n").length);
      const answers = [];
      for (const text of typed) answers.push(await answersTo(text.replaceAll("\\n", "\n")));
      for (const answer of answers) expect(answer).to.match(/^OK LOGIN random\d\nACK \d+ BTC-USD\nOK QUIT\n$/);
      const next = EXAMPLES[EXAMPLES.indexOf(example) + 1];
      if (next?.text.startsWith("OK LOGIN") !== true) continue;
      shown.add(next);
      expect(withoutIds(answers[0] ?? "")).to.equal(withoutIds(next.text));
    }
  });

  it("are programs that run, and print what the servers answer", async () => {
    for (const { text } of examples(({ language }) => language === "js")) {
      const { orderHandler, notifierUrl } = bourse.endpoints;
      const imports = text.includes("import ") ? "" : 'import { io } from "socket.io-client";\n';
      const code = text.replace("7001", String(orderHandler.port)).replace("http://127.0.0.1:7002", notifierUrl);
      const child = spawn(process.execPath, ["--input-type=module", "-e", imports + code], { cwd: projectRoot });
      let words = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (words += bytes));
      const right = text.includes("protobufjs") ? /loginAccepted[\s\S]* ack: \{/ : /event: 'accepted'|ok: true/;
      await until(`${right} in ${words}`, () => right.test(words), 15_000).finally(() => child.kill());
      expect(words).to.not.match(/Error/);
    }
  });

  it("ask Postgres what it can answer", async () => {
    for (const { text } of examples(({ language }) => language === "sql")) {
      const rows = await execute(bourse.endpoints.databaseUrl, text);
      expect(rows.at(-1)).to.include({ trade_id: "1", taker_side: "buy" });
    }
  });

  it("show what the engine alone prints", () => {
    for (const { page, text } of examples(({ text: words }) => words.includes("npm run --silent engine"))) {
      const engine = `'${process.execPath}' dist/matching-engine/cli.js`;
      const command = text.replace("npm run --silent engine --", engine);
      const { stdout, status } = spawnSync("sh", ["-c", command], { cwd: projectRoot, encoding: "utf8" });
      expect(status).to.equal(0);
      const prose = readFileSync(join(projectRoot, page), "utf8");
      const [, trade = ""] = /`(\{"event":"trade".*?\})`/.exec(prose) ?? [];
      expect(stdout.split("\n")).to.include(trade);
    }
  });

  it("are all tried, but for the commands that start, build and subscribe", () => {
    const untried = EXAMPLES.filter((example) => !shown.has(example)).map(({ text }) => text.split("\n")[0]);
    expect(untried.filter((line) => !/^(npm ci && npm|node examples\/)/.test(line ?? ""))).to.deep.equal([]);
  });
});
