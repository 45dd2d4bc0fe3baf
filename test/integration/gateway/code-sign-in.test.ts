/** Codes by e-mail, as production has them: a real mail server, and nothing said but by mail. */
import { expect } from "chai";
import { until } from "../../support/eventually.js";
import { MailServer } from "../../support/mail-server.js";
import { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { Browser, PAGE_ORIGIN } from "./browser.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

describe("signing in by a code", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let mail: MailServer;
  let browser: Browser;
  const ask = (email: string) => browser.ask("POST", "/api/auth/request-otp", { email });
  const verify = (email: string, code: string) => browser.ask("POST", "/api/auth/verify-otp", { email, code });
  const codeFor = async (email: string) => {
    const before = mail.mailsTo(email).length;
    expect((await ask(email)).status).to.equal(200);
    return await mail.codeFor(email, before + 1);
  };
  const age = (email: string, interval: string) =>
    pipeline.database.query("update sign_in_codes set made_at = made_at - $2::interval where email = $1", [
      email,
      interval,
    ]);

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    mail = await MailServer.start();
    gateway = await startGateway(pipeline, {
      pageOrigins: new Set([PAGE_ORIGIN]),
      production: true,
      mail: { smtpUrl: mail.url, from: "Bourse <desk@bourse.example>" },
      codes: { perEmail: 5, perNetwork: 1_000 },
    });
  });
  after(async () => {
    await gateway.stop();
    await pipeline.stop();
  });
  beforeEach(() => {
    browser = new Browser(gateway.url);
  });

  it("signs up with the code of the mail, which is nowhere else, and gets a cookie for TLS alone", async () => {
    const asked = await ask("Ann@example.com");
    expect(asked.body).to.have.all.keys("ok", "message");
    const code = await mail.codeFor("ann@example.com");
    expect(mail.mails[0]).to.deep.include({ from: "desk@bourse.example", to: ["ann@example.com"] });
    expect(JSON.stringify(asked.body)).to.not.include(code);
    const { status, body } = await verify("ann@example.com", ` ${code.slice(0, 3)} ${code.slice(3)}`);
    expect([status, body.user.email, body.expiresInS]).to.deep.equal([200, "ann@example.com", 600]);
    expect(browser.setCookie).to.match(/; HttpOnly; SameSite=Strict; Path=\/api\/auth; .*; Secure$/);
    expect((await browser.ask("GET", "/v1/account")).body.account).to.equal(body.user.account);
    expect((await browser.devLogin("ann@example.com")).status).to.equal(404);
  });

  it("takes a code once, also when it comes many times at once", async () => {
    const code = await codeFor("bob@example.com");
    const answers = await Promise.all([1, 2, 3, 4].map(() => verify("bob@example.com", code)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 401, 401, 401]);
    expect((await verify("bob@example.com", code)).status).to.equal(401);
  });

  it("takes the last code only, of the address that asked, for ten minutes, and five tries", async () => {
    const first = await codeFor("cid@example.com");
    const second = await codeFor("cid@example.com");
    if (first !== second) expect((await verify("cid@example.com", first)).status).to.equal(401);
    expect((await verify("dan@example.com", second)).status).to.equal(401);
    await age("cid@example.com", "10 minutes");
    expect((await verify("cid@example.com", second)).status).to.equal(401);

    const third = await codeFor("cid@example.com");
    const wrong = third === "000000" ? "000001" : "000000";
    for (let tries = 0; tries < 5; tries++) expect((await verify("cid@example.com", wrong)).status).to.equal(401);
    const { status, body } = await verify("cid@example.com", third);
    expect([status, body.name]).to.deep.equal([401, "LOGIN_REJECTED"]);
  });

  it("answers who has an account and who has none the same", async () => {
    const code = await codeFor("eve@example.com");
    await verify("eve@example.com", code);
    const told = async (email: string) => {
      const { status, body } = await ask(email);
      const { status: refused, body: why } = await verify(email, "not it");
      return { status, body, refused, why };
    };
    expect(await told("eve@example.com")).to.deep.equal(await told("nobody@example.com"));
    await mail.codeFor("nobody@example.com");
  });

  it("mails five times an hour to one address, and says when there is more", async () => {
    for (let mails = 0; mails < 5; mails++) expect((await ask("fay@example.com")).status).to.equal(200);
    const { status, body, headers } = await ask("fay@example.com");
    expect([status, body.name]).to.deep.equal([429, "LOGIN_LIMITED"]);
    expect(Number(headers.get("retry-after"))).to.be.within(3_500, 3_600);
    await age("fay@example.com", "1 hour");
    expect((await ask("fay@example.com")).status).to.equal(200);
  });

  it("gives a name at sign-up; one that is taken leaves the code good", async () => {
    const sign = (email: string, code: string, name?: string) =>
      browser.ask("POST", "/api/auth/signup", { email, code, ...(name !== undefined && { name }) });
    expect((await sign("gus@example.com", await codeFor("gus@example.com"), "gus")).body.user.account).to.equal("gus");
    const code = await codeFor("hal@example.com");
    const taken = await sign("hal@example.com", code, "gus");
    expect([taken.status, taken.body.field]).to.deep.equal([409, "name"]);
    expect((await sign("hal@example.com", code, "exchange:fees")).status).to.equal(400);
    expect((await sign("hal@example.com", code, "hal")).body.user.account).to.equal("hal");
    expect((await sign("hal@example.com", await codeFor("hal@example.com"), "other")).body.user.account).to.equal(
      "hal",
    );
  });

  it("tries again when the mail server is busy, and not when it refuses", async () => {
    mail.refusals.push(451);
    expect((await ask("ida@example.com")).status).to.equal(200);
    await mail.codeFor("ida@example.com");
    mail.refusals.push(550);
    expect((await ask("joe@example.com")).status).to.equal(200);
    const metrics = () => (gateway.context.service.metrics as unknown as { text(): Promise<string> }).text();
    await until("the failure", async () => /gateway_mails_total{.*outcome="failed".*} 1/.test(await metrics()));
    expect(mail.mailsTo("joe@example.com")).to.deep.equal([]);
  });

  it("takes no address that could write headers, or is none", async () => {
    const mails = mail.mails.length;
    for (const email of [
      "",
      "ann",
      "a@b@c",
      "ann@example.com\r\nBcc: bob@example.com",
      "<ann@example.com>",
      "a b@c",
      "@c",
    ]) {
      const { status, body } = await ask(email);
      expect([email, status, body.field]).to.deep.equal([email, 400, "email"]);
    }
    expect(mail.mails).to.have.length(mails);
  });
});

describe("signing in by a code outside production", () => {
  it("shows the code in the answer, and twenty mails an hour are all that one client gets", async () => {
    const pipeline = await PipelineUnderTest.create();
    const gateway = await startGateway(pipeline, { pageOrigins: new Set([PAGE_ORIGIN]) });
    const browser = new Browser(gateway.url);
    try {
      for (let mails = 0; mails < 20; mails++) {
        const email = `ann${mails}@example.com`;
        const { body } = await browser.ask("POST", "/api/auth/request-otp", { email });
        expect(body.devCode).to.match(/^\d{6}$/);
        if (mails > 0) continue;
        const { status } = await browser.ask("POST", "/api/auth/verify-otp", { email, code: body.devCode });
        expect(status).to.equal(200);
      }
      expect((await browser.ask("POST", "/api/auth/request-otp", { email: "bob@example.com" })).status).to.equal(429);
    } finally {
      await gateway.stop();
      await pipeline.stop();
    }
  });
});
