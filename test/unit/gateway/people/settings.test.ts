import { expect } from "chai";
import { gatewayConfig } from "../../../../src/gateway/config.js";
import { launcherConfig } from "../../../../src/launcher/config.js";

const SERVERS = { NATS_URL: "nats://nats", DATABASE_URL: "postgres://postgres" };
const PRODUCTION = { NODE_ENV: "production", KEY_ENCRYPTION_KEY: "5".repeat(64), SMTP_URL: "none" };

describe("the settings of people", () => {
  const read = (more: NodeJS.ProcessEnv) => gatewayConfig({ ...SERVERS, ...more });

  const mail: readonly [more: NodeJS.ProcessEnv, url: string | null | RegExp][] = [
    [{}, null],
    [{ SMTP_URL: "none" }, null],
    [{ SMTP_URL: "smtp://127.0.0.1:2525" }, "smtp://127.0.0.1:2525"],
    [PRODUCTION, null],
    [{ ...PRODUCTION, SMTP_URL: "smtps://u:p@mail.example" }, "smtps://u:p@mail.example"],
    [{ ...PRODUCTION, SMTP_URL: "" }, /SMTP_URL is not set; in production/],
    [
      { SMTP_URL: "https://u:hunter2@mail.example" },
      /^configuration: SMTP_URL must be smtp:\/\/… or smtps:\/\/…, or none$/,
    ],
    [{ SMTP_URL: "mail.example" }, /SMTP_URL must be/],
  ];
  for (const [more, url] of mail)
    it(`mail goes by ${url} with ${JSON.stringify(more)}`, () => {
      if (url instanceof RegExp) expect(() => read(more)).to.throw(url);
      else expect(read(more).mail.smtpUrl).to.equal(url);
    });

  it("name origins as browsers send them, or are refused", () => {
    expect([...read({}).pageOrigins]).to.deep.equal([]);
    const two = "http://localhost:7002, https://trade.example";
    expect([...read({ GATEWAY_PAGE_ORIGINS: two }).pageOrigins]).to.deep.equal(two.split(", "));
    for (const wrong of [
      "*",
      "null",
      "http://localhost:7002/",
      "localhost:7002",
      "https://trade.example:443",
      "HTTP://a",
    ])
      expect(() => read({ GATEWAY_PAGE_ORIGINS: wrong }), wrong).to.throw("GATEWAY_PAGE_ORIGINS must be origins");
  });

  it("want the key that everything follows from, in production", () => {
    expect(() => read({ ...PRODUCTION, KEY_ENCRYPTION_KEY: "" })).to.throw(
      "KEY_ENCRYPTION_KEY is not set; in production",
    );
  });

  const money: readonly [more: NodeJS.ProcessEnv, faucet: boolean, simulated: boolean][] = [
    [{}, true, true],
    [{ FAUCET: "0" }, false, true],
    [{ NODE_ENV: "production" }, false, false],
    [{ NODE_ENV: "production", FAUCET: "1" }, true, false],
    [{ NODE_ENV: "production", FAUCET: "no" }, false, false],
  ];
  for (const [more, faucet, simulated] of money)
    it(`there is ${faucet ? "" : "no "}faucet with ${JSON.stringify(more)}`, () => {
      expect(launcherConfig(more).playMoney).to.deep.equal({ faucet, simulated });
    });

  it("refuse a faucet that is neither on nor off", () => {
    expect(() => launcherConfig({ FAUCET: "maybe" })).to.throw('FAUCET is "maybe"; it must be 1 or 0');
  });
});
