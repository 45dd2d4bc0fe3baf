import { expect } from "chai";
import { type AccountBalances, BalancesChannel } from "../../../../src/shared/channels/balances-channel.js";
import { isRefusal } from "../../../../src/shared/domain/rejects.js";
import { type AccountId, accountId } from "../../../../src/shared/domain/units.js";
import { createLogger } from "../../../../src/shared/process/log.js";
import { FakeListener } from "./fake-listener.js";

const ALICE = accountId(7);
const BOB = accountId(8);

type BalancesListener = FakeListener<object>;

/** The channel between a database that answers when it is told to and listeners. */
class Stage {
  readonly channel: BalancesChannel;
  /** What Postgres has now. */
  readonly stored = new Map<AccountId, AccountBalances>();
  readonly reads: (readonly AccountId[])[] = [];
  readonly #waiting: ((isAway: boolean) => void)[] = [];
  readonly #listeners: BalancesListener[] = [];

  constructor() {
    for (const account of [ALICE, BOB]) this.store(account, 1, "100", "0");
    this.channel = new BalancesChannel({
      rooms: {
        send: (room, event, payload) => {
          for (const listener of this.#listeners) if (listener.rooms.has(room)) listener.send(event, payload);
        },
      },
      source: {
        balancesOf: async (accountIds) => {
          this.reads.push(accountIds);
          const answer = accountIds.map((account) => this.stored.get(account) as AccountBalances);
          const isAway = await new Promise<boolean>((resolve) => this.#waiting.push(resolve));
          if (isAway) throw new Error("Postgres is away");
          return answer;
        },
      },
      log: createLogger("test", "silent"),
    });
  }

  store(account: AccountId, accountSequence: number, available: string, held: string): void {
    const balances = [
      { currency: "BTC", available: "2", held: "0" },
      { currency: "USD", available, held },
    ];
    this.stored.set(account, { accountId: account, accountSequence, balances });
  }

  listener(account = ALICE): BalancesListener {
    const received = (event: string, payload: object) => [{ event, ...payload }];
    const listener = new FakeListener(`listener ${this.#listeners.length}`, account, received);
    this.#listeners.push(listener);
    return listener;
  }

  subscribe(listener: BalancesListener): void {
    this.channel.subscribe(listener, (answer) => listener.answers.push(answer));
  }

  /** The database answers, or fails to, what it is asked. */
  async answer({ isAway = false } = {}): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#waiting.shift()?.(isAway);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** As every 100 ms. */
  async tick(): Promise<void> {
    void this.channel.refresh();
    await this.answer();
  }

  async subscribed(account = ALICE): Promise<BalancesListener> {
    const listener = this.listener(account);
    this.subscribe(listener);
    await this.answer();
    return listener;
  }
}

describe("channel balances", () => {
  it("answers with every balance, then sends those that have changed", async () => {
    const stage = new Stage();
    const alice = await stage.subscribed();
    expect(alice.answers).to.deep.equal([
      {
        ok: true,
        accountSequence: 1,
        balances: [
          { currency: "BTC", available: "2", held: "0" },
          { currency: "USD", available: "100", held: "0" },
        ],
      },
    ]);
    stage.store(ALICE, 2, "90", "10");
    stage.channel.changed(ALICE);
    await stage.tick();
    expect(alice.received).to.deep.equal([
      { event: "balances", currency: "USD", available: "90", held: "10", accountSequence: 2 },
    ]);
  });

  it("reads once for however many changes, and not at all for accounts that nobody listens to", async () => {
    const stage = new Stage();
    await stage.subscribed();
    for (let change = 0; change < 50; change++) for (const account of [ALICE, BOB]) stage.channel.changed(account);
    await stage.tick();
    await stage.tick();
    expect(stage.reads).to.deep.equal([[ALICE], [ALICE]]);
  });

  it("says nothing when nothing has changed", async () => {
    const stage = new Stage();
    const alice = await stage.subscribed();
    void stage.channel.reconcile();
    await stage.tick();
    expect(alice.received).to.deep.equal([]);
  });

  it("reads again what changed while it was read", async () => {
    const stage = new Stage();
    const alice = await stage.subscribed();
    stage.channel.changed(ALICE);
    void stage.channel.refresh();
    stage.store(ALICE, 2, "90", "10");
    stage.channel.changed(ALICE);
    await stage.answer();
    expect(alice.received).to.deep.equal([]);
    await stage.tick();
    expect(alice.received).to.have.length(1);
  });

  it("tells those who listen what a new listener's answer has brought to light", async () => {
    const stage = new Stage();
    const first = await stage.subscribed();
    stage.store(ALICE, 2, "90", "10");
    const second = await stage.subscribed();
    expect(first.received).to.have.length(1);
    expect(second.received).to.deep.equal([]);
    expect(second.answers[0]).to.include({ accountSequence: 2 });
  });

  it("answers a subscriber who comes while others are read", async () => {
    const stage = new Stage();
    const alice = stage.listener();
    const bob = stage.listener(BOB);
    stage.subscribe(alice);
    stage.subscribe(bob);
    await stage.answer();
    expect([alice, bob].map(({ answers }) => answers[0]?.ok)).to.deep.equal([true, true]);
    expect(stage.reads).to.deep.equal([[ALICE], [BOB]]);
  });

  it("keeps accounts apart", async () => {
    const stage = new Stage();
    const alice = await stage.subscribed();
    const bob = await stage.subscribed(BOB);
    stage.store(BOB, 2, "0", "100");
    stage.channel.changed(BOB);
    await stage.tick();
    expect(alice.received).to.deep.equal([]);
    expect(bob.received).to.have.length(1);
  });

  it("answers UNAVAILABLE when the database does not answer, and lets nobody in", async () => {
    const stage = new Stage();
    const alice = stage.listener();
    stage.subscribe(alice);
    await stage.answer({ isAway: true });
    expect(alice.answers[0]).to.include({ ok: false, code: "UNAVAILABLE" });
    expect(stage.channel.has(alice)).to.equal(false);
    expect(alice.rooms.size).to.equal(0);
  });

  it("tells what changed while the database was away once it is back", async () => {
    const stage = new Stage();
    const alice = await stage.subscribed();
    stage.store(ALICE, 2, "90", "10");
    stage.channel.changed(ALICE);
    void stage.channel.refresh();
    await stage.answer({ isAway: true });
    await stage.tick();
    expect(alice.received).to.have.length(1);
  });

  it("does not let in who is gone before the answer", async () => {
    const stage = new Stage();
    const [gone, unsubscribed] = [stage.listener(), stage.listener()];
    stage.subscribe(gone);
    stage.subscribe(unsubscribed);
    gone.isOpen = false;
    stage.channel.forget(unsubscribed);
    await stage.answer();
    expect(unsubscribed.answers[0]).to.include({ ok: false, code: "UNSUPPORTED_COMBINATION" });
    expect([gone, unsubscribed].map(({ rooms }) => rooms.size)).to.deep.equal([0, 0]);
  });

  it("takes the sequence that a client has, answers with all balances, and refuses one that the account has not reached", async () => {
    const stage = new Stage();
    const [known, ahead] = [stage.listener(), stage.listener()];
    for (const [listener, from] of [
      [known, 1],
      [ahead, 2],
    ] as const) {
      const subscription = stage.channel.subscription(listener, { fields: { from } });
      if (isRefusal(subscription)) throw new Error(subscription.text);
      subscription.begin((answer) => listener.answers.push(answer));
    }
    await stage.answer();
    expect(known.answers[0]).to.include({ ok: true, accountSequence: 1 });
    const text = "from 2 is after the account's last report, which is 1";
    expect(ahead.answers).to.deep.equal([{ ok: false, code: "MALFORMED_MESSAGE", text }]);
    expect(stage.channel.has(ahead)).to.equal(false);
    expect(stage.channel.subscription(known, { fields: { from: "1" } })).to.include({ name: "MALFORMED_MESSAGE" });
  });

  it("stops reading an account when its last listener leaves", async () => {
    const stage = new Stage();
    const alice = await stage.subscribed();
    stage.channel.forget(alice);
    stage.channel.changed(ALICE);
    void stage.channel.reconcile();
    await stage.tick();
    expect(stage.reads).to.have.length(1);
    expect(alice.rooms.size).to.equal(0);
  });

  it("answers the first of two subscribes of one connection that it was replaced", async () => {
    const stage = new Stage();
    const alice = stage.listener();
    stage.subscribe(alice);
    stage.subscribe(alice);
    await stage.answer();
    expect(alice.answers.map(({ ok }) => ok)).to.deep.equal([false, true]);
  });
});
