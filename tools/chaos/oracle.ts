/** What must be true after every fault, told from the log, the clients' answers and the naive engine alone. */

import { differenceText } from "../../src/reconciliation/difference-text.js";
import { differences as reconciliationDifferences } from "../../src/reconciliation/reconcile.js";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import { openSnapshot } from "../../src/shared/database/snapshot.js";
import { BATCH_ITEMS_MAX, type CommandSequence, type StreamSequence } from "../../src/shared/domain/units.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { AccountOracle } from "./account-oracle.js";
import { CarefulOracle } from "./careful-oracle.js";
import type { Difference } from "./difference.js";
import type { Account } from "./load.js";
import { LogOracle } from "./log-oracle.js";
import { MarketOracle } from "./market-oracle.js";
import type { World } from "./world.js";

/** How far everything has come when nothing is under way any more. */
interface Settled {
  readonly commands: ReadonlyMap<string, CommandSequence>;
  readonly reports: ReadonlyMap<Account, number>;
}

const LOOK_MS = 50;

export class NotSettled extends Error {
  override readonly name = "NotSettled";
}

export class Oracle {
  readonly #world: World;
  readonly #logs: ReadonlyMap<string, LogOracle>;
  readonly #markets: ReadonlyMap<string, MarketOracle>;
  readonly #accounts: ReadonlyMap<Account, AccountOracle>;
  readonly #careful: CarefulOracle;

  /** `hasGoneBack`: to an earlier moment; then all is compared from the first request on, and streams may begin later. */
  constructor(world: World, { hasGoneBack = false } = {}) {
    this.#world = world;
    const { assets } = world.registry;
    this.#logs = new Map([...assets.keys()].map((asset) => [asset, new LogOracle(world, asset)]));
    this.#markets = new Map([...assets].map(([name, asset]) => [name, new MarketOracle(world, asset, hasGoneBack)]));
    this.#accounts = new Map(world.load.accounts.map((account) => [account, new AccountOracle(world, account)]));
    this.#careful = new CarefulOracle(world);
  }

  /**
   * Compares what is new since it was asked before, and, `withBooks`, reconciles all that was ever written, which takes
   * ever longer. The load must be paused. Rejects with NotSettled when something acknowledged has not settled by the
   * deadline.
   */
  async *differences(settleWithinMs: number, { withBooks = true } = {}): AsyncGenerator<Difference> {
    const { commands, reports } = await this.settled(settleWithinMs);
    for (const [asset, market] of this.#markets) {
      const through = commands.get(asset) as CommandSequence;
      yield* this.#logs.get(asset)?.differences(market.throughCommand, through) ?? [];
      yield* market.differences(through);
    }
    yield* this.#world.load.attempts.notFound();
    for (const [account, oracle] of this.#accounts) yield* oracle.differences(reports.get(account) as number);
    yield* this.#careful.differences();
    if (withBooks) yield* this.#booksThatDiffer();
    if (this.#world.load.overdue > 0)
      yield { kind: "process", text: `${this.#world.load.overdue} requests had no answer for much too long` };
  }

  async *#booksThatDiffer(): AsyncGenerator<Difference> {
    const snapshot = await openSnapshot(this.#world.databaseUrl, "chaos");
    try {
      for await (const difference of reconciliationDifferences(snapshot))
        yield { kind: "differing", text: `reconcile: ${differenceText(difference)}` };
    } finally {
      await snapshot.close();
    }
  }

  /** Where everything stands once nothing is under way any more. */
  async settled(withinMs: number): Promise<Settled> {
    const startedMs = performance.now();
    let why = "";
    while (performance.now() - startedMs < patience(withinMs)) {
      try {
        const settled = await this.#look();
        // The first look finds that no order will expire any more; what expired before that, the second one sees.
        const again = typeof settled === "string" ? settled : await this.#look();
        if (typeof again !== "string") return again;
        why = again;
      } catch (error) {
        why = `it can't be told: ${(error as Error).message}`;
      }
      await pausedFor(LOOK_MS);
    }
    throw new NotSettled(
      `not settled ${Math.round(performance.now() - startedMs)} ms after the load was stopped: ${why}`,
    );
  }

  /** Or what is still missing. */
  async #look(): Promise<Settled | string> {
    const { bus, database, registry, load } = this.#world;
    const positions = await database.query<Position>(
      `select service, asset, stream_sequence as "streamSequence", command_sequence as "commandSequence"
       from consumer_positions`,
    );
    const positionOf = (service: string, asset: string) =>
      positions.find((position) => position.service === service && position.asset === asset);
    const left = await this.#careful.waitsFor();
    if (left !== null) return left;
    const commands = new Map<string, CommandSequence>();
    for (const asset of registry.assets.keys()) {
      const last = (await bus.lastMessage("ORDERS", subjectOf("ORDERS", asset)))?.streamSequence ?? 0;
      const processed = positionOf("order-processing", asset);
      if ((processed?.streamSequence ?? 0) < last)
        return `${asset} is processed through ${processed?.streamSequence} of ${last} (log id ${last * BATCH_ITEMS_MAX})`;
      const [row] = await database.query<{ through: CommandSequence }>(
        "select coalesce(max(command_sequence), 0) as through from order_log where asset = $1",
        [asset],
      );
      const through = row?.through as CommandSequence;
      const settled = positionOf("trade-processing", asset)?.commandSequence ?? 0;
      if (settled < through) return `${asset} is settled through command ${settled} of ${through}`;
      commands.set(asset, through);
    }
    const [waiting] = await database.query<{ count: number }>(EXPIRING, [Date.now()]);
    if ((waiting?.count ?? 0) > 0) return `${waiting?.count} orders are about to expire`;
    const sequences = await database.query<{ accountId: number; last: number }>(
      `select account_id as "accountId", last_sequence as last from account_sequences`,
    );
    const reports = new Map<Account, number>();
    for (const account of load.accounts) {
      const last = sequences.find(({ accountId }) => accountId === account.accountId)?.last ?? 0;
      const seen = load.lastSeen(account);
      if (seen < last) return `${account.name} has ${last} reports and saw up to ${seen}`;
      reports.set(account, last);
    }
    return { commands, reports };
  }
}

/** Open orders that expire at this time or in the next seconds; one that is overdue for long is not waited for. */
const EXPIRING = `select count(*) as count from order_log l
  join orders o on o.asset = l.asset and o.order_id = l.log_id and o.status in ('open', 'partially_filled', 'pending_trigger')
  where l.time_in_force = 'GTD' and l.refused is null and l.expires_at_ms between $1::bigint - 15000 and $1::bigint + 10000`;

interface Position {
  readonly service: string;
  readonly asset: string;
  readonly streamSequence: StreamSequence;
  readonly commandSequence: number;
}
