import { expect } from "chai";
import pino from "pino";
import type { Authenticate, AuthenticatedAccount } from "../../../../src/shared/access/authentication.js";
import { KeyCheck } from "../../../../src/shared/access/key-check.js";

const ANN = { keyId: "ann" } as AuthenticatedAccount;
const LIMITS = { waitingMax: 8, answerTimeoutMs: 50, wrong: { perAddress: 10, perKey: 2 }, slowedMs: 5 };
const HERE = "10.0.0.1";

describe("the check of a key", () => {
  const checkOf = (authenticate: Authenticate) => new KeyCheck(authenticate, LIMITS, pino({ level: "silent" }));
  const outcome = async (check: KeyCheck, secret: string, address = HERE) => {
    const answer = await check.check("ann", secret, address);
    return "text" in answer ? answer.name : answer.keyId;
  };
  const withSecret: Authenticate = async (_, secret) => (secret === "right" ? ANN : null);

  it("lets the owner in from an address that has guessed too often", async () => {
    const check = checkOf(withSecret);
    const guesses = [await outcome(check, "a"), await outcome(check, "b"), await outcome(check, "c")];
    expect(guesses).to.deep.equal(["LOGIN_REJECTED", "LOGIN_REJECTED", "LOGIN_LIMITED"]);
    expect(await outcome(check, "right")).to.equal("ann");
  });

  it("takes what Postgres refuses for its content for a wrong login, and counts it", async () => {
    const invalidText = Object.assign(new Error("invalid byte sequence"), { severity: "ERROR", code: "22021" });
    const check = checkOf(() => Promise.reject(invalidText));
    const answers = [await outcome(check, "a"), await outcome(check, "b"), await outcome(check, "c")];
    expect(answers).to.deep.equal(["LOGIN_REJECTED", "LOGIN_REJECTED", "LOGIN_LIMITED"]);
  });

  it("excuses what can't be told, however often", async () => {
    const check = checkOf(() => Promise.reject(new Error("connect ECONNREFUSED")));
    for (let attempt = 0; attempt < 5; attempt++) expect(await outcome(check, "a")).to.equal("UNAVAILABLE");
  });

  it("lets one address wait for a quarter of the answers that all may wait for", async () => {
    const check = checkOf(() => new Promise(() => undefined));
    const waiting = [outcome(check, "a"), outcome(check, "a")];
    expect(await outcome(check, "a")).to.equal("BUSY");
    waiting.push(outcome(check, "a", "10.0.0.2"));
    expect(await Promise.all(waiting)).to.deep.equal(["UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"]);
  });
});
