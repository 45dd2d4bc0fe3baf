import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { TabGuard } from "../../../../web/model/tab-guard.js";

/** A WebSocket that does what a test says. */
class FakeSocket {
  static readonly OPEN = 1;
  static readonly opened: FakeSocket[] = [];
  readonly sent: { readonly id: string; readonly op: string; readonly args?: object }[] = [];
  readyState = 0;
  onopen: () => Promise<void> = async () => undefined;
  onmessage: (event: { readonly data: string }) => void = () => undefined;
  onclose: () => void = () => undefined;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
    this.onclose();
  }

  async open(): Promise<void> {
    this.readyState = FakeSocket.OPEN;
    await this.onopen();
  }

  answer(answer: object): void {
    this.onmessage({ data: JSON.stringify(answer) });
  }
}

const LOST = /^⚠ The session is lost: unless it is back within two seconds/;

describe("cancel on disconnect for a tab", () => {
  const before = globalThis.WebSocket;
  let clock: SinonFakeTimers;
  beforeEach(() => {
    clock = useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearInterval", "performance"] });
    FakeSocket.opened.length = 0;
    globalThis.WebSocket = FakeSocket as never;
  });
  afterEach(() => {
    clock.restore();
    globalThis.WebSocket = before;
  });

  const begun = (login: object | null = { token: "t-1" }, token: string | null = "t-1") => {
    let refreshed = 0;
    const client = { url: "https://exchange.example", login, token, refresh: async () => ++refreshed > 0 };
    return { guard: new TabGuard(client), refreshed: () => refreshed };
  };
  const socket = (place = FakeSocket.opened.length - 1) => FakeSocket.opened[place] as FakeSocket;
  const watching = async () => {
    await socket().open();
    socket().answer({ id: "login", ok: true });
  };

  it("logs in over TLS where the page has it, with a new token, and says when it is watched", async () => {
    const { guard, refreshed } = begun();
    guard.turnOn();
    expect([guard.isOn.value, guard.text.value]).to.deep.equal([true, "Asking the exchange to watch this tab…"]);
    await socket().open();
    expect([socket().url, refreshed()]).to.deep.equal(["wss://exchange.example/v1/ws", 1]);
    expect(socket().sent).to.deep.equal([
      { id: "login", op: "login", args: { token: "t-1", cancelOnDisconnect: true } },
    ]);
    socket().answer({ id: "ping", ok: true });
    expect(guard.text.value).to.match(/^Asking/);
    socket().answer({ id: "login", ok: true });
    expect(guard.text.value).to.equal("On: when this tab is gone, all your open orders are cancelled");
  });

  it("asks for no token for a key, and for one session only, however often it is turned on", async () => {
    const { guard, refreshed } = begun({ keyId: "ann", secret: "ann" }, null);
    guard.turnOn();
    guard.turnOn();
    await socket().open();
    expect([FakeSocket.opened.length, refreshed()]).to.deep.equal([1, 0]);
  });

  it("opens a lost session again, ever later, at once after it was back", async () => {
    const { guard } = begun();
    guard.turnOn();
    await watching();
    socket().close();
    expect(guard.text.value).to.match(LOST);
    await clock.tickAsync(200);
    expect(FakeSocket.opened).to.have.length(2);
    socket().close();
    await clock.tickAsync(399);
    expect(FakeSocket.opened).to.have.length(2);
    await clock.tickAsync(1);
    expect(FakeSocket.opened).to.have.length(3);
    await watching();
    expect(guard.text.value).to.match(/^On: /);
    socket().close();
    await clock.tickAsync(200);
    expect(FakeSocket.opened).to.have.length(4);
  });

  it("gives a silent session up", async () => {
    const { guard } = begun();
    guard.turnOn();
    await watching();
    await clock.tickAsync(10_000);
    expect(socket().sent.at(-1)).to.deep.equal({ id: "ping", op: "ping" });
    await clock.tickAsync(20_200);
    expect(FakeSocket.opened).to.have.length(2);
    expect(socket(0).readyState).to.equal(3);
  });

  it("is off, with the reason, where the exchange does not watch, and does not ask again", async () => {
    const { guard } = begun();
    guard.turnOn();
    await socket().open();
    socket().answer({ id: "login", ok: false, text: "too many sessions" });
    expect([guard.isOn.value, guard.text.value]).to.deep.equal([
      false,
      "The exchange does not watch this tab: too many sessions",
    ]);
    await clock.tickAsync(60_000);
    expect(FakeSocket.opened).to.have.length(1);
  });

  it("is turned off by its person, which says what that did, or by the end of the account's stay", async () => {
    const { guard } = begun();
    guard.turnOff();
    expect(guard.text.value).to.equal("");
    guard.turnOn();
    await watching();
    guard.turnOff();
    expect([guard.isOn.value, guard.text.value, socket().readyState]).to.deep.equal([
      false,
      "Off: the end of the session has cancelled what was open",
      3,
    ]);
    guard.turnOn();
    guard.forget();
    await clock.tickAsync(60_000);
    expect([guard.isOn.value, guard.text.value, FakeSocket.opened.length]).to.deep.equal([false, "", 2]);
  });
});
