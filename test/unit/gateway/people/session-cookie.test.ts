import { expect } from "chai";
import { noSessionCookie, sessionCookie, tokenInCookies } from "../../../../src/gateway/people/session-cookie.js";

describe("the cookie of a sign-in", () => {
  it("is for the server alone, and in production for TLS alone", () => {
    const rules = "HttpOnly; SameSite=Strict; Path=/api/auth; Max-Age=";
    expect(sessionCookie("a.1.b", false)).to.equal(`bourse_refresh=a.1.b; ${rules}2592000`);
    expect(sessionCookie("a.1.b", true)).to.equal(`bourse_refresh=a.1.b; ${rules}2592000; Secure`);
    expect(noSessionCookie(true)).to.equal(`bourse_refresh=; ${rules}0; Secure`);
  });

  const cases: readonly [header: string | undefined, token: string | null][] = [
    [undefined, null],
    ["", null],
    ["bourse_refresh=a.1.b", "a.1.b"],
    ["other=1; bourse_refresh=a.1.b;more=2", "a.1.b"],
    ["bourse_refresh=a=b=", "a=b="],
    ["xbourse_refresh=a", null],
    ["bourse_refresh", ""],
    ["bourse_refresh=mine; bourse_refresh=another's", null],
  ];
  for (const [header, token] of cases)
    it(`is ${JSON.stringify(token)} in ${JSON.stringify(header)}`, () => {
      expect(tokenInCookies(header)).to.equal(token);
    });
});
