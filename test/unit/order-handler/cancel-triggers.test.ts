import { expect } from "chai";
import pino from "pino";
import { CancelTriggers } from "../../../src/order-handler/cancel-triggers.js";
import type { CancelTriggersStore } from "../../../src/order-handler/cancel-triggers-store.js";
import { accountId } from "../../../src/shared/domain/units.js";

const ME = accountId(1);
const OTHER = accountId(2);

/** Notes what it is told; answers when it is let. */
class SlowStore {
  readonly told: unknown[][] = [];
  isFailing = false;
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
  openSession = (_: string, { triggerId }: { triggerId: string }, ended: string[]) =>
    this.#note("open", triggerId, ended);
  renewSessions = (_: string, sessions: readonly { triggerId: string }[]) =>
    this.#note("renew", ...sessions.map(({ triggerId }) => triggerId));
  endSessions = (ended: readonly { triggerId: string; endedAgoMs: number }[]) =>
    this.#note("end", ...ended.map(({ triggerId, endedAgoMs }) => [triggerId, endedAgoMs]));
  endSessionsOf = (handler: string) => this.#note("end of", handler);

  async #note(...told: unknown[]): Promise<void> {
    this.told.push(told);
    await this.#gate;
    if (this.isFailing) throw new Error("Postgres is away");
  }
}

const STAYS = () => false;
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

  it("renews its sessions every second", async () => {
    const session = await triggers.open(ME, STAYS);
    await sweepAfter(200);
    await sweepAfter(200);
    await sweepAfter(799);
    expect(store.told.slice(1)).to.deep.equal([["renew", session]]);
    await sweepAfter(1);
    expect(store.told.slice(1)).to.deep.equal([
      ["renew", session],
      ["renew", session],
    ]);
  });

  it("says when a session ended, until that is stored, and renews it no longer", async () => {
    const session = await triggers.open(ME, STAYS);
    await sweepAfter(200);
    triggers.end(session);
    store.isFailing = true;
    await sweepAfter(100);
    store.isFailing = false;
    expect(triggers.hasUnwrittenEnds).to.equal(true);
    await sweepAfter(100);
    expect(store.told.slice(2)).to.deep.equal([
      ["end", [session, 100]],
      ["end", [session, 200]],
    ]);
    expect(triggers.hasUnwrittenEnds).to.equal(false);
    await sweepAfter(5_000);
    expect(store.told).to.have.length(4);
  });

  it("never lets a renewal that is under way undo an end", async () => {
    const session = await triggers.open(ME, STAYS);
    const open = store.hold();
    await sweepAfter(1_000);
    triggers.end(session);
    await sweepAfter(200);
    open();
    await settled();
    await sweepAfter(200);
    expect(store.told.slice(1)).to.deep.equal([
      ["renew", session],
      ["end", [session, 400]],
    ]);
  });

  it("takes an account back before the end of its last session is stored", async () => {
    const [mine, others] = [await triggers.open(ME, STAYS), await triggers.open(OTHER, STAYS)];
    triggers.end(mine);
    triggers.end(others);
    const again = await triggers.open(ME, STAYS);
    expect(store.told.at(-1)).to.deep.equal(["open", again, [mine]]);
    await sweepAfter(0);
    expect(store.told.slice(3)).to.deep.equal([
      ["end", [others, 0]],
      ["renew", again],
    ]);
  });

  it("takes an account back that leaves another session, whose end then counts no more, and no other account's", async () => {
    const leaving = new Set<string>();
    const open = (account: typeof ME, name: string) => triggers.open(account, () => leaving.has(name));
    const [left, kept, others] = [await open(ME, "left"), await open(ME, "kept"), await open(OTHER, "others")];
    leaving.add("left").add("others");
    const again = await open(ME, "again");
    expect(store.told.at(-1)).to.deep.equal(["open", again, [left]]);
    triggers.end(left);
    await sweepAfter(0);
    expect(store.told.slice(4)).to.deep.equal([["renew", kept, others, again]]);
  });

  it("gives up a session that was stored too late", async () => {
    const open = store.hold();
    expect(
      await triggers.open(ME, STAYS).then(
        () => "opened",
        () => "refused",
      ),
    ).to.equal("refused");
    open();
    await settled();
    await sweepAfter(10);
    expect(store.told.map(([what]) => what)).to.deep.equal(["open", "end"]);
  });
});
