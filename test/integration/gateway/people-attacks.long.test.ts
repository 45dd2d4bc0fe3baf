/** What an attacker from outside tries with sign-ins: ten thousand codes, cookies of all kinds, other people's sessions, foreign pages. */
import { expect } from "chai";
import { CodesStore } from "../../../src/gateway/people/codes-store.js";
import { refreshTokenText } from "../../../src/gateway/people/refresh-tokens.js";
import { DEVELOPMENT_SEAL, KeySeal } from "../../../src/shared/access/key-seal.js";
import { MailServer } from "../../support/mail-server.js";
import { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { Browser, PAGE_ORIGIN } from "./browser.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

const GUESSES = 10_000;
const GUESSES_BY_HTTP = 500;
const AT_ONCE = 8;
const EMAILS = Array.from({ length: 10 }, (_, at) => `victim${at}@example.com`);

describe("sign-ins under attack", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let mail: MailServer;

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    mail = await MailServer.start();
    const smtp = { smtpUrl: mail.url, from: "desk@bourse.example" };
    gateway = await startGateway(pipeline, { pageOrigins: new Set([PAGE_ORIGIN]), production: true, mail: smtp });
  });
  after(async () => {
    await gateway.stop();
    await pipeline.stop();
  });

  const ask = (email: string, browser = new Browser(gateway.url)) =>
    browser.ask("POST", "/api/auth/request-otp", { email });
  const verify = (email: string, code: string, browser = new Browser(gateway.url)) =>
    browser.ask("POST", "/api/auth/verify-otp", { email, code });
  const signedIn = async (email: string) => {
    const browser = new Browser(gateway.url);
    const mails = mail.mailsTo(email).length;
    await pipeline.database.query("update sign_in_codes set made_at = made_at - interval '1 hour'");
    await ask(email, browser);
    expect((await verify(email, await mail.codeFor(email, mails + 1), browser)).status).to.equal(200);
    return browser;
  };

  it("ten thousand guesses hit no code, and the right one after them is too late", async () => {
    const codes = new Map<string, string>();
    for (const email of EMAILS) {
      expect((await ask(email)).status).to.equal(200);
      codes.set(email, await mail.codeFor(email));
    }
    // Most of them without HTTP, which would take minutes: what judges is the same.
    const { database, config } = gateway.context;
    const store = new CodesStore(database, config.keySeal.keyFor("sign-in codes"), config.codes);
    const isIn = async (email: string, code: string, byHttp: boolean) =>
      byHttp ? (await verify(email, code)).status !== 401 : (await store.judge(email, code)) !== null;
    let hits = 0;
    let made = 0;
    const guessOn = async (shift: number, upTo: number) => {
      while (made < upTo) {
        const at = made++;
        const email = EMAILS[at % EMAILS.length] ?? "";
        const code = String((Number(codes.get(email)) + shift) % 1_000_000).padStart(6, "0");
        if (await isIn(email, code, at < GUESSES_BY_HTTP)) hits += 1;
      }
    };
    for (const [shift, upTo] of [
      [1, 5 * EMAILS.length], // five tries of each, all wrong
      [0, GUESSES], // then the right one, over and over
    ] as const)
      await Promise.all(Array.from({ length: AT_ONCE }, () => guessOn(shift, upTo)));
    expect([hits, made]).to.deep.equal([0, GUESSES]);
    expect(await pipeline.database.query("select count(*) as n from people")).to.deep.equal([{ n: 0 }]);
  });

  it("more mails than twenty an hour from one address are not sent, whomever they are for", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(`somebody${at}@example.com`)));
    const sent = answers.filter(({ status }) => status === 200).length;
    expect(sent + EMAILS.length).to.equal(20);
    expect(answers.filter(({ status }) => status === 429)).to.have.length(40 - sent);
  });

  it("no cookie that was not given out last opens anything", async () => {
    const browser = await signedIn("ann@example.com");
    const [, sessionId = "", mac = ""] = /=(session-\w+)\.1\.(.+)$/.exec(browser.cookie ?? "") ?? [];
    const ofKey = (seal: KeySeal, generation: number) =>
      refreshTokenText(seal.keyFor("refresh tokens"), { sessionId, generation });
    const forged = [
      "",
      sessionId,
      `${sessionId}.1.${mac.slice(0, -1)}`,
      `${sessionId}.2.${mac}`,
      `session-${"0".repeat(32)}.1.${mac}`,
      ofKey(new KeySeal(Buffer.alloc(32)), 1),
      refreshTokenText(DEVELOPMENT_SEAL.keyFor("access tokens"), { sessionId, generation: 1 }),
      ofKey(DEVELOPMENT_SEAL, 2),
      browser.token ?? "",
      "a".repeat(4_000),
    ];
    for (const token of forged) {
      const thief = Object.assign(new Browser(gateway.url), { cookie: `bourse_refresh=${token}` });
      expect([token, (await thief.ask("POST", "/api/auth/refresh")).status]).to.deep.equal([token, 401]);
    }
    const thief = Object.assign(new Browser(gateway.url), { cookie: browser.cookie });
    expect((await browser.ask("POST", "/api/auth/refresh")).status).to.equal(200);
    for (let tries = 0; tries < 100; tries++)
      expect(
        (
          await Object.assign(thief, { cookie: `bourse_refresh=${sessionId}.1.${mac}` }).ask(
            "POST",
            "/api/auth/refresh",
          )
        ).status,
      ).to.equal(401);
    expect((await browser.ask("POST", "/api/auth/refresh")).status).to.equal(401);
  });

  it("no foreign page signs anybody in or out, whatever kind of request it sends", async () => {
    const browser = await signedIn("bob@example.com");
    const { cookie } = browser;
    for (const origin of [
      "http://evil.example",
      "http://localhost:7003",
      `${PAGE_ORIGIN}.evil.example`,
      "null",
      `${PAGE_ORIGIN}/`,
    ])
      for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"])
        for (const path of ["refresh", "logout", "verify-otp", "signup", "request-otp"]) {
          const answer = await fetch(`${gateway.url}/api/auth/${path}`, {
            method: "POST",
            headers: { origin, "content-type": type, cookie: cookie ?? "" },
            body: JSON.stringify({ email: "bob@example.com", code: "000000" }),
          });
          expect([origin, type, path, answer.status]).to.deep.equal([origin, type, path, 403]);
          expect(answer.headers.get("set-cookie")).to.equal(null);
          expect(answer.headers.get("access-control-allow-origin")).to.equal(null);
        }
    for (const path of ["refresh", "logout"])
      expect((await fetch(`${gateway.url}/api/auth/${path}`, { headers: { cookie: cookie ?? "" } })).status).to.equal(
        404,
      );
    expect((await browser.ask("POST", "/api/auth/refresh")).status).to.equal(200);
  });

  it("nobody sees or ends what is another person's", async () => {
    const cid = await signedIn("cid@example.com");
    const dan = await signedIn("dan@example.com");
    const { sessions } = (await cid.ask("GET", "/api/me")).body;
    const { keyId } = (await cid.ask("POST", "/v1/keys", { role: "trade" })).body;
    expect((await dan.ask("GET", "/api/me")).body.email).to.equal("dan@example.com");
    expect((await dan.ask("DELETE", `/api/sessions/${sessions[0].id}`)).status).to.equal(404);
    expect((await dan.ask("DELETE", `/v1/keys/${keyId}`)).status).to.equal(404);
    for (const id of ["1", "session-1", `session-${"0".repeat(32)}`, "%00", "..%2f..%2fme", "session-' or 1=1--"])
      expect((await dan.ask("DELETE", `/api/sessions/${id}`)).status).to.be.oneOf([400, 404]);
    expect((await cid.ask("GET", "/api/me")).body.sessions).to.deep.equal(sessions);
    expect((await cid.ask("GET", "/v1/keys")).body.keys[0]).to.include({ keyId, status: "good" });
  });
});
