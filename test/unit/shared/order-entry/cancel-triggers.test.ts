import { expect } from "chai";
import pino from "pino";
import { accountId } from "../../../../src/shared/domain/units.js";
import { CancelTriggers } from "../../../../src/shared/order-entry/cancel-triggers.js";
import type { CancelTriggersStore } from "../../../../src/shared/order-entry/cancel-triggers-store.js";

const ME = accountId(1);
const OTHER = accountId(2);

/** Notes what it is told; answers when it is let. */
class SlowStore {
  readonly told: unknown[][] = [];
  renewals = 0;
  isFailing = false;
  isHanging = false;
  renewalAnswer: Promise<void> = Promise.resolve();
  #gate: Promise<void> = Promise.resolve();

  hold(): () => void {
    let open: () => void = () => undefined;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  setTimers = (_: string, timers: readonly { accountId: number; seconds: number }[]) =>
    this.#note("timers", ...timers.map((timer) => [timer.accountId, timer.seconds]));
  openSessions = (
    _: string,
    opened: readonly { triggerId: string }[],
    { left, refused }: { left: string[]; refused: string[] },
  ) => this.#note("open", opened.map(({ triggerId }) => triggerId).join(" "), left, ...refused);
  restoreSessions = (_: string, sessions: readonly { triggerId: string }[]) =>
    this.#note("restore", ...sessions.map(({ triggerId }) => triggerId));
  renew = async () => {
    this.renewals++;
    await this.renewalAnswer;
    if (this.isFailing || this.isHanging) await new Promise((_, reject) => setImmediate(() => reject(new Error("no"))));
  };
  forgetSessions = (ids: readonly string[]) => this.#note("forget", ...ids);
  endSessions = (ended: readonly { triggerId: string; endedAgoMs: number }[]) =>
    this.#note("end", ...ended.map(({ triggerId, endedAgoMs }) => [triggerId, endedAgoMs]));
  endSessionsBefore = (handler: string) => this.#note("end before", handler);

  async #note(...told: unknown[]): Promise<void> {
    this.told.push(told);
    await this.#gate;
    if (this.isFailing) throw new Error("Postgres is away");
  }
}

const STAYS = { isLeaving: () => false, isBusy: () => false };
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("cancel triggers", () => {
  let store: SlowStore;
  let triggers: CancelTriggers;
  let nowMs: number;

  beforeEach(() => {
    store = new SlowStore();
    nowMs = 10_000;
    triggers = new CancelTriggers({
      store: store as unknown as CancelTriggersStore,
      answerTimeoutMs: 50,
      requestTimeoutMs: 5_000,
      nowMs: () => nowMs,
      log: pino({ level: "silent" }),
    });
  });

  const sweepAfter = async (ms: number) => {
    nowMs += ms;
    triggers.sweep();
    await settled();
    await settled();
  };

  const ends = () => store.told.filter(([what]) => what === "end");

  it("stores a timer before it says so", async () => {
    const open = store.hold();
    let isSet = false;
    const setting = triggers.setTimer(ME, 30).then(() => {
      isSet = true;
    });
    await settled();
    expect([isSet, store.told]).to.deep.equal([false, [["timers", [ME, 30]]]]);
    open();
    await setting;
  });

  it("stores what gathers meanwhile at once, the last wish of each account", async () => {
    const open = store.hold();
    const settings = [triggers.setTimer(ME, 30), triggers.setTimer(OTHER, 5)];
    settings.push(triggers.setTimer(ME, 60), triggers.setTimer(ME, 0));
    open();
    await Promise.all(settings);
    expect(store.told).to.deep.equal([
      ["timers", [ME, 30]],
      ["timers", [OTHER, 5], [ME, 0]],
    ]);
  });

  it("rejects a timer that can't be stored, or not in time, and stores the next", async () => {
    const failure = (work: Promise<unknown>) =>
      work.then(
        () => "none",
        (error: Error) => error.message,
      );
    store.isFailing = true;
    expect(await failure(triggers.setTimer(ME, 30))).to.equal("Postgres is away");
    store.isFailing = false;
    const open = store.hold();
    expect(await failure(triggers.setTimer(ME, 30))).to.match(/no answer/);
    open();
    await triggers.setTimer(ME, 30);
  });

  it("renews its lease every second, once for all its sessions, and only while there are any", async () => {
    await sweepAfter(5_000);
    await Promise.all([triggers.open(ME, STAYS), triggers.open(OTHER, STAYS)]);
    for (const ms of [200, 200, 799]) await sweepAfter(ms);
    expect(store.renewals).to.equal(1);
    await sweepAfter(1);
    expect(store.renewals).to.equal(2);
  });

  it("renews its lease whatever else Postgres takes its time for", async () => {
    await triggers.open(ME, STAYS);
    const open = store.hold();
    const waiting = triggers.open(OTHER, STAYS).catch(() => undefined);
    for (let second = 0; second < 5; second++) await sweepAfter(1_000);
    expect(store.renewals).to.equal(5);
    open();
    await waiting;
  });

  it("tries a renewal that failed again with the next sweep, and puts back what may have been given up meanwhile", async () => {
    const session = await triggers.open(ME, STAYS);
    await sweepAfter(200);
    store.isHanging = true;
    for (let sweep = 0; sweep < 20; sweep++) await sweepAfter(250);
    store.isHanging = false;
    expect(store.renewals).to.be.greaterThan(15);
    await sweepAfter(200);
    await sweepAfter(200);
    expect(store.told.at(-1)).to.deep.equal(["restore", session]);
  });

  it("puts back what may have been given up before a renewal that was sent in time arrived", async () => {
    const session = await triggers.open(ME, STAYS);
    await sweepAfter(200);
    let answer: () => void = () => undefined;
    store.renewalAnswer = new Promise((resolve) => {
      answer = resolve;
    });
    await sweepAfter(1_000);
    nowMs += 4_000;
    answer();
    await settled();
    await sweepAfter(200);
    expect(store.told.at(-1)).to.deep.equal(["restore", session]);
  });

  it("opens all who came while the last were being stored at once", async () => {
    const open = store.hold();
    const first = triggers.open(ME, STAYS);
    await settled();
    const others = Array.from({ length: 500 }, () => triggers.open(OTHER, STAYS));
    open();
    await first;
    const ids = await Promise.all(others);
    expect(store.told).to.have.length(2);
    expect(store.told[1]).to.deep.equal(["open", ids.join(" "), []]);
  });

  it("says when a session ended, until that is stored", async () => {
    const session = await triggers.open(ME, STAYS);
    await sweepAfter(200);
    triggers.end(session);
    store.isFailing = true;
    await sweepAfter(100);
    store.isFailing = false;
    expect(triggers.hasUnwrittenEnds).to.equal(true);
    await sweepAfter(100);
    expect(ends()).to.deep.equal([
      ["end", [session, 100]],
      ["end", [session, 200]],
    ]);
    expect(triggers.hasUnwrittenEnds).to.equal(false);
    await sweepAfter(5_000);
    expect(ends()).to.have.length(2);
  });

  it("says that a session ended whose requests may still be logged, as of when they can't be; then as of its end", async () => {
    let isBusy = true;
    const session = await triggers.open(ME, { ...STAYS, isBusy: () => isBusy });
    triggers.end(session);
    await sweepAfter(100);
    expect(triggers.hasUnwrittenEnds, "it may be left to another process").to.equal(false);
    await sweepAfter(100);
    isBusy = false;
    await sweepAfter(100);
    await sweepAfter(100);
    expect(ends()).to.deep.equal([
      ["end", [session, 100 - 5_000]],
      ["end", [session, 300]],
    ]);
  });

  it("forgets a session that never says that its requests have their answers, once they must have", async () => {
    const session = await triggers.open(ME, { ...STAYS, isBusy: () => true });
    triggers.end(session);
    for (const ms of [100, 4_900, 100, 100]) await sweepAfter(ms);
    expect(ends()).to.deep.equal([
      ["end", [session, 100 - 5_000]],
      ["end", [session, 5_000]],
    ]);
  });

  it("does not store a session again whose end is stored: its account may be back elsewhere", async () => {
    const session = await triggers.open(ME, { ...STAYS, isBusy: () => true });
    await sweepAfter(0);
    triggers.end(session);
    await sweepAfter(200);
    store.told.length = 0;
    await sweepAfter(5_000);
    await sweepAfter(0);
    expect(store.told.filter(([what]) => what === "restore").flat()).to.not.include(session);
  });

  it("takes an account back whose earlier session's requests may still be logged", async () => {
    const left = await triggers.open(ME, { ...STAYS, isBusy: () => true });
    triggers.end(left);
    await sweepAfter(100);
    const again = await triggers.open(ME, STAYS);
    expect(store.told.at(-1)).to.deep.equal(["open", again, [left]]);
  });

  it("stores a session again before its end where it may have been given up meanwhile, and placed orders since", async () => {
    const session = await triggers.open(ME, STAYS);
    await sweepAfter(0);
    store.isFailing = true;
    await sweepAfter(1_000);
    store.isFailing = false;
    triggers.end(session);
    store.told.length = 0;
    await sweepAfter(5_000);
    await sweepAfter(0);
    expect(store.told.slice(0, 2)).to.deep.equal([
      ["restore", session],
      ["end", [session, 5_000]],
    ]);
  });

  it("takes an account back before the end of its last session is stored", async () => {
    const [mine, others] = [await triggers.open(ME, STAYS), await triggers.open(OTHER, STAYS)];
    triggers.end(mine);
    triggers.end(others);
    const again = await triggers.open(ME, STAYS);
    expect(store.told.at(-1)).to.deep.equal(["open", again, [mine]]);
    await sweepAfter(0);
    expect(ends()).to.deep.equal([["end", [others, 0]]]);
  });

  it("takes an account back that leaves another session, whose end then counts no more, and no other account's", async () => {
    const leaving = new Set<string>();
    const open = (account: typeof ME, name: string) =>
      triggers.open(account, { ...STAYS, isLeaving: () => leaving.has(name) });
    const [left] = [await open(ME, "left"), await open(ME, "kept"), await open(OTHER, "others")];
    leaving.add("left").add("others");
    const again = await open(ME, "again");
    expect(store.told.at(-1)).to.deep.equal(["open", again, [left]]);
    triggers.end(left);
    await sweepAfter(0);
    expect(ends()).to.deep.equal([]);
  });

  it("forgets a session that was refused because it was stored too late, again and again: its end cancels nothing", async () => {
    const open = store.hold();
    const outcome = triggers.open(ME, STAYS).then(
      () => "opened",
      () => "refused",
    );
    expect(await outcome).to.equal("refused");
    open();
    await settled();
    await sweepAfter(10);
    await sweepAfter(16_000);
    await sweepAfter(10);
    expect(store.told.map(([what]) => what)).to.deep.equal(["open", "forget", "forget"]);
  });

  it("says which sessions were refused when their account comes again, before they are forgotten", async () => {
    const open = store.hold();
    await triggers.open(ME, STAYS).catch(() => undefined);
    open();
    await settled();
    await triggers.open(ME, STAYS);
    const [[, refused], [, , , ...told]] = store.told as [[string, string], [string, string, string[], ...string[]]];
    expect(told).to.deep.equal([refused]);
  });
});
