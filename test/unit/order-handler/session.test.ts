import { expect } from "chai";
import { Session, type SessionLimits } from "../../../src/order-handler/session.js";
import type { Credentials, LoggedIn } from "../../../src/order-handler/session-requests.js";
import { parseAssets } from "../../../src/shared/domain/assets.js";
import type { OrderRequest } from "../../../src/shared/domain/messages.js";
import { type Refusal, refuse } from "../../../src/shared/domain/rejects.js";
import { accountId, type EpochUs, epochUs, logId } from "../../../src/shared/domain/units.js";
import type { LogOutcome } from "../../../src/shared/order-entry/batcher.js";
import { decodeMessage, encodeMessage } from "../../../src/shared/wire/protobuf.js";

const registry = parseAssets({
  currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [{ asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001" }],
});
const LIMITS: SessionLimits = {
  loginTimeoutMs: 5_000,
  frameTimeoutMs: 2_000,
  idleTimeoutMs: 60_000,
  inFlightMax: 4,
  loginFailuresMax: 3,
  strangerMessagesMax: 20,
  strangerBytesMax: 200,
};

const MANY = 1_000;

/** A session whose log answers when the test says so. */
class Desk {
  nowUs: EpochUs = epochUs(1_000_000_000);
  nowMs = 1;
  wakes = 0;
  readonly submitted: { asset: string; request: OrderRequest; settle: (outcome: LogOutcome) => void }[] = [];
  readonly timers: [number, number][] = [];
  readonly session: Session;
  logins: (LoggedIn | Refusal)[] = [
    { accountId: accountId(7), account: "me", keyId: "k", expiresAtMs: null, triggerId: null },
  ];
  readonly credentials: Credentials[] = [];
  loginProblem: Refusal | null = null;
  timerAnswer: Refusal | null = null;

  constructor(limits: Partial<SessionLimits> = {}) {
    const rules = { registry, nowMs: () => 0, lastPriceTicks: () => null, extraOptions: new Set<string>() };
    this.session = new Session(
      rules,
      { ...LIMITS, ...limits },
      {
        nowUs: () => this.nowUs,
        nowMs: () => this.nowMs,
        login: async (credentials) => {
          this.credentials.push(credentials);
          return this.logins.shift() ?? refuse("LOGIN_REJECTED", "wrong");
        },
        loginProblem: () => this.loginProblem,
        submit: (asset, request, settle) => this.submitted.push({ asset, request, settle }),
        setTimer: async (account, seconds) => {
          this.timers.push([account, seconds]);
          return this.timerAnswer;
        },
        wake: () => this.wakes++,
      },
    );
  }

  static async loggedIn(limits: Partial<SessionLimits> = {}, login = "LOGIN k s"): Promise<Desk> {
    const desk = new Desk(limits);
    await desk.hears(`${login}\n`);
    desk.says();
    return desk;
  }

  /** The client sends; promises that are ready settle. */
  async hears(bytes: string | Buffer): Promise<void> {
    this.session.receive(Buffer.from(bytes as string));
    do {
      this.session.proceed(MANY);
      await settled();
    } while (this.session.mayProceed);
  }

  /** What the session says next, and that it goes on. */
  says(): string {
    const output = this.session.takeOutput(() => undefined);
    this.session.proceed(MANY);
    return output?.toString("latin1") ?? "";
  }

  later(ms: number): void {
    this.nowMs += ms;
    this.clockIsSet(ms);
  }

  clockIsSet(byMs: number): void {
    this.nowUs = epochUs(this.nowUs + byMs * 1000);
  }

  log(index: number, id: number): void {
    this.submitted[index]?.settle({ logId: logId(id), loggedAtUs: this.nowUs });
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function frameOf(message: object): Buffer {
  const body = encodeMessage("bourse.v1.ClientMessage", message);
  return Buffer.concat([Buffer.from([0, 0, 0, body.length]), body]);
}

describe("session", () => {
  it("asks for a login first, and stays open", async () => {
    const desk = new Desk();
    await desk.hears("BUY BTC-USD 1 1\nPING\nNONSENSE\nASSETS\n");
    const refusal = "REJ 100 LOGIN_REQUIRED log in first: LOGIN <key-id> <secret>\n";
    expect(desk.says()).to.equal(refusal.repeat(4));
    expect(desk.session.closingReason).to.equal(null);
    expect(desk.submitted).to.deep.equal([]);
  });

  it("explains itself and lets go without a login", async () => {
    const desk = new Desk();
    await desk.hears("HELP\nHELP cancelall\nQUIT\n");
    const [help, cancelAll, quit] = desk.says().split("\n");
    expect(help).to.match(/^OK HELP LOGIN BUY SELL .*; HELP <command> explains one$/);
    expect(cancelAll).to.equal("OK HELP CANCELALL <asset> [BUY|SELL]");
    expect(quit).to.equal("OK QUIT");
    expect(desk.session.isFinished).to.equal(true);
  });

  it("carries out what was sent with the login once the login is accepted", async () => {
    const desk = new Desk();
    desk.session.receive(Buffer.from("LOGIN k s\nBUY BTC-USD 1 1\n"));
    desk.session.proceed(MANY);
    expect(desk.session.isBlocked).to.equal(true);
    expect(desk.submitted).to.have.length(0);
    await settled();
    expect(desk.says()).to.equal("OK LOGIN me\n");
    expect(desk.submitted.map(({ request }) => request.accountId)).to.deep.equal([7]);
  });

  it("looks at no more than so many lines and bytes of a stranger, comments and empty lines, too", async () => {
    const tooMuch = /REJ 100 LOGIN_REQUIRED too much was sent before a login was accepted: .*\n$/;
    for (const lines of ["\n".repeat(21), "# a comment\n".repeat(20), `HELP\n${"#".repeat(199)}\n`]) {
      const desk = new Desk();
      await desk.hears(`${lines}LOGIN k s\n`);
      desk.session.proceed(MANY);
      expect(desk.says()).to.match(tooMuch);
      expect(desk.credentials).to.deep.equal([]);
    }
    const desk = await Desk.loggedIn();
    await desk.hears("# a comment of somebody who has logged in\n".repeat(100));
    expect(desk.session.closingReason).to.equal(null);
  });

  for (const line of ["GET / HTTP/1.1", "post /x HTTP/1.0", "Host: 127.0.0.1:7001", "LOGIN / HTTP/1.1", "X-A:b"])
    it(`ends at a line of HTTP, before anything after it is carried out: ${line}`, async () => {
      const desk = new Desk();
      await desk.hears(`${line}\r\nLOGIN k s\r\nCANCELALL BTC-USD\r\n`);
      expect(desk.says()).to.match(/^REJ 200 MALFORMED_MESSAGE this port does not speak HTTP; [^\n]*\n$/);
      expect([desk.credentials, desk.submitted]).to.deep.equal([[], []]);
      expect(desk.session.isFinished).to.equal(true);
    });

  it("takes no more messages at once than it is told to, and then goes on", async () => {
    const desk = await Desk.loggedIn();
    desk.session.receive(Buffer.from("# nothing\n".repeat(5)));
    desk.session.proceed(3);
    expect([desk.session.mayProceed, desk.session.pendingBytes]).to.deep.equal([true, 20]);
    desk.session.proceed(3);
    expect([desk.session.mayProceed, desk.session.pendingBytes]).to.deep.equal([false, 0]);
  });

  it("refuses a second login, and one that is not a login", async () => {
    const desk = await Desk.loggedIn();
    await desk.hears("LOGIN k s\nLOGIN k\nLOGIN k s x=1\n");
    expect(desk.says()).to.equal(
      "REJ 101 LOGIN_REJECTED this session is logged in as me already\n" +
        "REJ 101 LOGIN_REJECTED a login is LOGIN <key-id> <secret> [cod=1]\n".repeat(2),
    );
  });

  it("closes after too many wrong logins, not after one that could not be checked", async () => {
    const desk = new Desk();
    desk.logins = [refuse("UNAVAILABLE", "later"), refuse("LOGIN_REJECTED", "no"), refuse("LOGIN_REJECTED", "no")];
    await desk.hears("LOGIN k s\nLOGIN k s\nLOGIN k s\n");
    expect(desk.says()).to.equal("REJ 301 UNAVAILABLE later\nREJ 101 LOGIN_REJECTED no\nREJ 101 LOGIN_REJECTED no\n");
    expect(desk.session.isFinished).to.equal(false);
    await desk.hears("LOGIN k s\nPING\n");
    expect(desk.says()).to.equal("REJ 101 LOGIN_REJECTED wrong\n");
    expect(desk.session.isFinished).to.equal(true);
  });

  it("answers in the order of the requests, whatever order the log answers in", async () => {
    const desk = await Desk.loggedIn();
    await desk.hears("BUY BTC-USD 1 1 id=a\nPING\nCANCEL BTC-USD 256\nCANCELALL BTC-USD\n");
    desk.log(2, 700);
    desk.log(1, 600);
    expect(desk.says()).to.equal("");
    desk.log(0, 512);
    expect(desk.says()).to.equal("ACK 512 BTC-USD id=a\nOK PING\nACK 600 BTC-USD\nACK 700 BTC-USD\n");
  });

  it("passes on what the log refuses", async () => {
    const desk = await Desk.loggedIn();
    await desk.hears("BUY BTC-USD 1 1 id=a\n");
    desk.submitted[0]?.settle(refuse("BUSY", "full"));
    expect(desk.says()).to.equal("REJ 300 BUSY full\n");
  });

  it("takes no more than its limit before it has answered", async () => {
    const desk = await Desk.loggedIn();
    await desk.hears("BUY BTC-USD 1 1\n".repeat(10));
    expect(desk.submitted).to.have.length(4);
    expect(desk.session.isBlocked).to.equal(true);
    for (let index = 0; index < 10; index++) {
      desk.log(index, 256 + index);
      expect(desk.says()).to.equal(`ACK ${256 + index} BTC-USD\n`);
    }
    expect(desk.submitted).to.have.length(10);
    expect(desk.session.hasUnanswered).to.equal(false);
  });

  it("answers what came before broken bytes, then says why, then is finished", async () => {
    const desk = await Desk.loggedIn();
    await desk.hears("BUY BTC-USD 1 1\nBUY\tBTC-USD 1 1\nPING\n");
    expect(desk.says()).to.equal("");
    desk.log(0, 256);
    expect(desk.says()).to.equal(
      "ACK 256 BTC-USD\nREJ 200 MALFORMED_MESSAGE byte 0x09 is not printable ASCII; lines end in LF or CRLF\n",
    );
    expect(desk.session.isFinished).to.equal(true);
    await desk.hears("PING\n");
    expect(desk.says()).to.equal("");
  });

  it("has room for the last word when its limit is reached", async () => {
    const desk = await Desk.loggedIn();
    await desk.hears("BUY BTC-USD 1 1\n".repeat(4));
    desk.session.close(refuse("SHUTTING_DOWN", "stopping"));
    for (const index of [0, 1, 2, 3]) desk.log(index, 256 + index);
    expect(desk.says()).to.match(/ACK 259 BTC-USD\nREJ 305 SHUTTING_DOWN stopping\n$/);
  });

  it("answers everything after the client closed its side", async () => {
    const desk = await Desk.loggedIn({ inFlightMax: 1 });
    await desk.hears("BUY BTC-USD 1 1\nPING\n");
    desk.session.endInput();
    desk.session.proceed(MANY);
    expect(desk.session.closingReason).to.equal(null);
    desk.log(0, 256);
    expect(desk.says()).to.equal("ACK 256 BTC-USD\n");
    expect(desk.says()).to.equal("OK PING\n");
    expect(desk.session.isFinished).to.equal(true);
  });

  const leavings: [why: string, leave: (desk: Desk) => unknown][] = [
    ["its client closed its side", ({ session }) => session.endInput()],
    ["its client quit", (desk) => desk.hears("QUIT\n")],
    ["it was told why it ends", ({ session }) => session.close(refuse("SHUTTING_DOWN", "stopping"))],
  ];
  for (const [why, leave] of leavings)
    it(`is leaving when ${why}, though not everything is answered`, async () => {
      const desk = await Desk.loggedIn();
      await desk.hears("BUY BTC-USD 1 1\n");
      expect(desk.session.isLeaving).to.equal(false);
      await leave(desk);
      expect([desk.session.isLeaving, desk.session.isFinished]).to.deep.equal([true, false]);
    });

  it("does not carry out a last line without its end", async () => {
    const desk = await Desk.loggedIn();
    await desk.hears("BUY BTC-USD 1 640");
    desk.session.endInput();
    desk.session.proceed(MANY);
    expect(desk.says()).to.equal(
      "REJ 200 MALFORMED_MESSAGE the last message is not complete and was not carried out\n",
    );
    expect(desk.submitted).to.have.length(0);
  });

  it("arms the dead man's switch of its account", async () => {
    const desk = await Desk.loggedIn({ inFlightMax: 8 });
    await desk.hears("TIMER 30\nTIMER 0\nTIMER\nTIMER -1\nTIMER 99999999\n");
    expect(desk.timers).to.deep.equal([
      [7, 30],
      [7, 0],
    ]);
    expect(desk.says()).to.match(/^OK TIMER 30\nOK TIMER 0\n(REJ 207 UNSUPPORTED_COMBINATION timer .*\n){3}$/);
  });

  it("says so when the dead man's switch can't be set, and takes the next", async () => {
    const desk = await Desk.loggedIn();
    desk.timerAnswer = refuse("UNAVAILABLE", "send it again");
    await desk.hears("TIMER 30\nPING\n");
    expect(desk.says()).to.equal("REJ 301 UNAVAILABLE send it again\nOK PING\n");
  });

  it("passes on that its orders are to go when it ends", async () => {
    const desks = [await Desk.loggedIn(), await Desk.loggedIn({}, "LOGIN k s COD=1")];
    expect(desks.map(({ credentials }) => credentials[0]?.cancelOnDisconnect)).to.deep.equal([false, true]);
  });

  it("is overdue when its key is not good any more, also with all its requests unanswered", async () => {
    const desk = await Desk.loggedIn({ inFlightMax: 1 });
    await desk.hears("BUY BTC-USD 1 1\n");
    expect(desk.session.isBlocked).to.equal(true);
    expect(desk.session.overdue(desk.nowMs)).to.equal(null);
    desk.loginProblem = refuse("LOGIN_REQUIRED", "revoked");
    expect(desk.session.overdue(desk.nowMs)).to.equal(desk.loginProblem);
  });

  describe("in the binary dialect", () => {
    const said = (desk: Desk) => {
      const output = desk.session.takeOutput(() => undefined) ?? Buffer.alloc(0);
      const messages: object[] = [];
      for (let at = 0; at < output.length; at += 4 + output.readUInt32BE(at)) {
        const body = output.subarray(at + 4, at + 4 + output.readUInt32BE(at));
        messages.push(JSON.parse(JSON.stringify(decodeMessage("bourse.v1.ServerMessage", body))));
      }
      return messages;
    };
    const PLACE = {
      newOrder: { asset: "BTC-USD", side: 1, type: 1, quantityLots: 1, priceTicks: 1, clientOrderId: "a" },
    };

    it("echoes request ids, and the client order id of an order", async () => {
      const desk = new Desk();
      await desk.hears(frameOf({ requestId: 1, login: { keyId: "k", secret: "s" } }));
      await desk.hears(frameOf({ requestId: 2, ...PLACE }));
      await desk.hears(frameOf({ requestId: 3, heartbeat: {} }));
      desk.later(5);
      desk.log(0, 256);
      const [login, ack, heartbeat] = said(desk);
      expect(login).to.have.nested.property("loginAccepted.account", "me");
      const at = { receivedAtUs: 1_000_000_000, loggedAtUs: 1_000_005_000 };
      expect(ack).to.deep.equal({ requestId: 2, ack: { logId: 256, clientOrderId: "a", ...at } });
      expect(heartbeat).to.deep.equal({ requestId: 3, heartbeat: {} });
    });

    it("answers an undecodable body with request id 0, and is finished", async () => {
      const desk = new Desk();
      await desk.hears(Buffer.from([0, 0, 0, 2, 0xff, 0xff]));
      const [reject] = said(desk);
      expect(reject).to.have.nested.property("reject.code", 200);
      expect(reject).not.to.have.property("requestId");
      expect(desk.session.isFinished).to.equal(true);
    });
  });

  describe("is overdue", () => {
    const overdueAfter = (desk: Desk, ms: number) => {
      desk.later(ms);
      return desk.session.overdue(desk.nowMs)?.text ?? null;
    };

    it("without a login in time, also when the client talks", async () => {
      const desk = new Desk();
      await desk.hears("HELP\n");
      expect(overdueAfter(desk, 5_000)).to.equal(null);
      expect(overdueAfter(desk, 1)).to.equal("no login within 5 s of connecting");
      expect((await Desk.loggedIn()).session.overdue(10_001)).to.equal(null);
    });

    it("without a login in time, whatever became of those that were tried", async () => {
      const desk = new Desk();
      desk.logins = [refuse("UNAVAILABLE", "later")];
      desk.later(4_000);
      await desk.hears("LOGIN k s\n");
      expect(overdueAfter(desk, 1_001)).to.equal("no login within 5 s of connecting");
    });

    it("also when one login follows the other without a break", async () => {
      const desk = new Desk();
      desk.logins = [refuse("UNAVAILABLE", "later"), refuse("UNAVAILABLE", "later")];
      await desk.hears("LOGIN k s\n");
      desk.later(5_001);
      await desk.hears("LOGIN k s\n".repeat(100));
      expect(desk.session.closingReason).to.equal("no login within 5 s of connecting");
      expect(desk.credentials).to.have.length(2);
    });

    it("with a message that does not become complete", async () => {
      const desk = await Desk.loggedIn();
      await desk.hears("PI");
      expect(overdueAfter(desk, 1_500)).to.equal(null);
      await desk.hears("N");
      expect(overdueAfter(desk, 501)).to.equal("a message was not complete 2 s after its first byte");
      await desk.hears("G\nPI");
      expect(desk.session.overdue(desk.nowMs)).to.equal(null);
    });

    it("not because the clock was set", async () => {
      for (const desk of [new Desk(), await Desk.loggedIn()]) {
        await desk.hears("PI");
        desk.clockIsSet(3_600_000);
        expect(overdueAfter(desk, 1_000)).to.equal(null);
      }
    });

    it("when nothing comes for long", async () => {
      const desk = await Desk.loggedIn();
      await desk.hears("BUY BTC-USD 1 1\n");
      desk.log(0, 256);
      expect(overdueAfter(desk, 60_000)).to.equal(null);
      expect(overdueAfter(desk, 1)).to.equal("nothing received for 60 s; a heartbeat keeps a session open");
    });
  });
});
