import { expect } from "chai";
import { pino } from "pino";
import { type Mail, Mailer } from "../../../../src/gateway/people/mailer.js";
import { until } from "../../../support/eventually.js";

const MAIL: Mail = { to: "ann@example.com", subject: "a code", text: "012345" };

describe("the mailer", () => {
  let outcomes: string[];
  let logged: string[];
  const mailer = (send: (mail: Mail) => Promise<void>) =>
    new Mailer(send, (outcome) => outcomes.push(outcome), pino({}, { write: (line) => void logged.push(line) }));

  beforeEach(() => {
    outcomes = [];
    logged = [];
  });

  it("takes so many mails and no more while the server takes none, and a few at a time", async () => {
    const going: (() => void)[] = [];
    const slow = mailer(() => new Promise((sent) => going.push(sent)));
    let taken = 0;
    while (slow.post(MAIL)) taken += 1;
    expect([taken, going.length, slow.fill]).to.deep.equal([260, 4, 1]);
    while (outcomes.length < taken) {
      for (const sent of going.splice(0)) sent();
      await Promise.resolve();
    }
    expect(slow.fill).to.equal(0);
    expect(new Set(outcomes)).to.deep.equal(new Set(["sent"]));
  });

  it("gives up on a mail that is refused for good, and writes down why, but not the mail", async () => {
    let tries = 0;
    const refused = mailer(async () => {
      tries += 1;
      throw Object.assign(new Error("no such mailbox"), { responseCode: 550 });
    });
    refused.post(MAIL);
    await until("the outcome", () => outcomes.length === 1);
    expect([outcomes, tries]).to.deep.equal([["failed"], 1]);
    expect(logged.join()).to.include("no such mailbox").and.not.to.include(MAIL.text);
  });

  it("does not try again once it stops", async () => {
    let tries = 0;
    const busy = mailer(async () => {
      tries += 1;
      throw Object.assign(new Error("busy"), { responseCode: 451 });
    });
    busy.post(MAIL);
    await until("the first try", () => tries === 1);
    await busy.stop();
    expect([outcomes, tries]).to.deep.equal([["failed"], 1]);
  });
});
