import { signal } from "@preact/signals";
import { expect } from "chai";
import type { TokenSource } from "../../../../src/shared/subscriber/connection.js";
import { GatewayClient } from "../../../../web/feed/gateway-client.js";
import { Person } from "../../../../web/model/person.js";
import type { Who } from "../../../../web/model/who.js";

type Answer = readonly [status: number, body: object];

const TOKEN = { accessToken: "t-1", expiresInS: 600 };
const ME = { email: "ann@example.com", account: "ann", sessions: [] };
const UNAUTHORIZED: Answer = [401, { code: 101, name: "LOGIN_REJECTED", text: "the session is over" }];

describe("a person at the page", () => {
  /** A gateway that answers by turns; an error is no answer. */
  const begun = (...answers: (Answer | Error)[]) => {
    const asked: string[] = [];
    const paused: number[] = [];
    const kept = {
      is: false,
      isThere: () => kept.is,
      keep: () => {
        kept.is = true;
      },
      forget: () => {
        kept.is = false;
      },
    };
    const who = signal<Who | null>(null);
    const client: GatewayClient = new GatewayClient("http://127.0.0.1:7003", {
      fetch: async (url, { method, body }) => {
        asked.push([method, url.pathname, body].filter((part) => part !== undefined).join(" "));
        const next = answers.shift() ?? [200, {}];
        if (next instanceof Error) throw next;
        return new Response(JSON.stringify(next[1]), { status: next[0] });
      },
      alone: (act) => act(),
      onSignedOut: () => person.ended("Your session has ended"),
    });
    const page = {
      who,
      signIn: (name: string, tokens: TokenSource) => {
        who.value = { kind: "person", name, tokens };
      },
      logOut: () => {
        who.value = null;
      },
    };
    const pause = async (ms: number) => void paused.push(ms);
    const person: Person = new Person({ page, client, kept, pause });
    return { person, client, who, asked, kept, paused };
  };

  it("asks for a code, gives it, and is signed in; the browser keeps that, and not the token", async () => {
    const { person, who, asked, kept } = begun([200, { devCode: "123456" }], [200, TOKEN], [200, ME]);
    await person.requestCode(" ann@example.com ");
    expect([person.stage.value, person.devCode.value]).to.deep.equal(["code", "123456"]);
    await person.verify(" 123456 ");
    expect(asked).to.deep.equal([
      'POST /api/auth/request-otp {"email":"ann@example.com"}',
      'POST /api/auth/verify-otp {"email":"ann@example.com","code":"123456"}',
      "GET /api/me",
    ]);
    expect([who.value?.name, person.stage.value, person.devCode.value]).to.deep.equal([
      "ann@example.com",
      "address",
      "",
    ]);
    expect(who.value?.kind === "person" && who.value.tokens.token()).to.equal("t-1");
    expect(kept.is).to.equal(true);
  });

  it("is told what is wrong with an address or a code, and stays where it is", async () => {
    const wrong = { code: 400, name: "MALFORMED_MESSAGE", text: "email must be an e-mail address" };
    const { person, who } = begun([400, wrong], [200, {}], [401, { ...wrong, text: "the code is not good" }]);
    await person.requestCode("nobody");
    expect(`${person.stage.value}: ${person.problem.value}`).to.match(/^address: .*must be an e-mail address$/);
    await person.requestCode("ann@example.com");
    expect([person.stage.value, person.problem.value]).to.deep.equal(["code", ""]);
    await person.verify("000000");
    expect([person.stage.value, who.value, person.isBusy.value]).to.deep.equal(["code", null, false]);
    expect(person.problem.value).to.match(/the code is not good$/);
    person.anotherAddress();
    expect([person.stage.value, person.problem.value]).to.deep.equal(["address", ""]);
  });

  it("goes on with its session after a reload, as soon as the gateway answers", async () => {
    const { person, who, asked, kept, paused } = begun(new Error("away"), [200, TOKEN], [200, ME]);
    kept.keep();
    await person.resume();
    expect([asked, paused, who.value?.name]).to.deep.equal([
      ["POST /api/auth/refresh {}", "POST /api/auth/refresh {}", "GET /api/me"],
      [2_000],
      "ann@example.com",
    ]);
  });

  it("asks for no session where nobody signed in, and for none again that is over", async () => {
    const first = begun();
    await first.person.resume();
    expect(first.asked).to.deep.equal([]);
    const second = begun(UNAUTHORIZED);
    second.kept.keep();
    await second.person.resume();
    expect([second.asked.length, second.who.value, second.kept.is]).to.deep.equal([1, null, false]);
  });

  it("signs out, and stays signed in where the gateway did not take it", async () => {
    const { person, who, asked, kept } = begun([200, TOKEN], [200, ME], new Error("away"), [200, {}]);
    await person.verify("123456");
    await person.signOut(false);
    expect([who.value?.kind, kept.is, person.problem.value]).to.deep.equal([
      "person",
      true,
      "the gateway gave no answer in time",
    ]);
    await person.signOut(true);
    expect(asked.at(-1)).to.equal('POST /api/auth/logout {"everywhere":true}');
    expect([who.value, person.me.value, kept.is, person.problem.value]).to.deep.equal([null, null, false, ""]);
  });

  it("is out when its session ends elsewhere, and told so; whoever came with a key stays", async () => {
    const { person, client, who, kept } = begun([200, TOKEN], [200, ME], UNAUTHORIZED, UNAUTHORIZED);
    await person.verify("123456");
    await client.ask("/v1/orders");
    expect([who.value, person.problem.value, kept.is]).to.deep.equal([null, "Your session has ended", false]);
    who.value = { kind: "key", name: "ann", key: { keyId: "ann", secret: "ann" } };
    person.ended("");
    expect(who.value.kind).to.equal("key");
  });

  it("reads its sessions again after it has ended one", async () => {
    const { person, asked } = begun([200, {}], [200, ME]);
    await person.endSession("a/b");
    expect(asked).to.deep.equal(["DELETE /api/sessions/a%2Fb", "GET /api/me"]);
    expect(person.me.value?.account).to.equal("ann");
  });

  it("says what the faucet gave, or why it did not", async () => {
    const given = [
      { asset: "BTC", amount: "1" },
      { asset: "USD", amount: "10000" },
    ];
    const later = { code: 303, name: "RATE_LIMITED", text: "you have had what there is" };
    const { person } = begun([200, { given }], [200, { given: [] }], [429, later]);
    const said: string[] = [];
    for (let ask = 0; ask < 3; ask++) {
      await person.askFaucet();
      said.push(person.faucet.value);
    }
    expect(said).to.deep.equal([
      "You were given 1 BTC, 10000 USD",
      "The faucet has given",
      "303 RATE_LIMITED: you have had what there is",
    ]);
  });
});
