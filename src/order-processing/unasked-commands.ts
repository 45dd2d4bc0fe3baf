/**
 * Commands that no request asked for: the time when an order expires, the actions of operators and timers, and the rules in
 * force. They are committed and published like those of requests, but the position in the order log does not move.
 */
import type { Bus } from "../shared/bus/bus.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { type Command, type RulesInForce, rulesAreEqual } from "../shared/domain/messages.js";
import {
  type ActionId,
  commandSequence,
  epochUs,
  logId,
  type StreamSequence,
  streamSequence,
} from "../shared/domain/units.js";
import { nowAfterUs, nowEpochMs } from "../shared/process/clock.js";
import type { ActionCommand, ActionsFollower } from "./actions-follower.js";
import type { CommandOutput } from "./command-output.js";
import type { CommandStore } from "./command-store.js";
import type { SequencedBatch } from "./sequencing.js";

/** How often due triggers are fired, and actions taken up that there is news of. */
const ACTIONS_INTERVAL_MS = 400;
/** Commands of actions in one transaction, about; the next ones are written after the next look. */
const ACTION_COMMANDS_MAX = 1_000;

export class UnaskedCommands {
  readonly #bus: Bus;
  readonly #store: CommandStore;
  readonly #output: CommandOutput;
  readonly #actions: ActionsFollower;
  #followedActionsMs = Number.NEGATIVE_INFINITY;
  /** Per asset: its actions up to `actionId` wait until its requests up to `through` are processed. */
  readonly #covered = new Map<string, { readonly actionId: ActionId; readonly through: StreamSequence }>();

  constructor(bus: Bus, store: CommandStore, output: CommandOutput, actions: ActionsFollower) {
    this.#bus = bus;
    this.#store = store;
    this.#output = output;
    this.#actions = actions;
  }

  /** Tells the engine the configured rules if they are not in force yet, before any further request. */
  async recover(asset: string, rules: RulesInForce): Promise<void> {
    this.#covered.delete(asset);
    await this.#actions.recover(asset);
    if (rulesAreEqual(await this.#store.rulesInForce(asset), rules)) return;
    await this.#commit([this.#batch(asset, [{ accountId: 0, body: { kind: "set_rules", rules } }])]);
  }

  async tick(): Promise<void> {
    await this.#tellTime();
    if (performance.now() - this.#followedActionsMs >= ACTIONS_INTERVAL_MS) await this.#followActions();
  }

  async #tellTime(): Promise<void> {
    const batches: SequencedBatch[] = [];
    for (const asset of this.#output.assets()) {
      const position = this.#output.position(asset);
      if (position.nextExpiryMs === null) continue;
      if (position.nextExpiryMs * 1000 <= position.sequencedAtUs)
        position.nextExpiryMs = await this.#store.nextExpiry(asset, position.sequencedAtUs);
      if (position.nextExpiryMs === null || position.nextExpiryMs > nowEpochMs()) continue;
      batches.push(this.#batch(asset, [{ accountId: 0, body: { kind: "advance_clock" } }]));
    }
    if (batches.length > 0) await this.#commit(batches);
  }

  async #followActions(): Promise<void> {
    this.#followedActionsMs = performance.now();
    const commands: [asset: string, told: readonly ActionCommand[]][] = [];
    for (const [asset, told] of await this.#actions.commands(this.#output.assets())) {
      const due = wholeActions(await this.#due(asset, told));
      if (due.length > 0) commands.push([asset, due]);
    }
    if (commands.length === 0) return;
    await this.#commit(
      commands.map(([asset, told]) => ({
        ...this.#batch(asset, told),
        actionIds: told.map(({ actionId }) => actionId),
      })),
    );
    for (const [asset, told] of commands) this.#actions.written(asset, told);
  }

  /**
   * The commands that may be written now. A cancel-all covers every order acknowledged before it, so it waits until those
   * in the order log are processed; unless trading is to stop, for then later orders are refused anyway.
   */
  async #due(asset: string, told: readonly ActionCommand[]): Promise<readonly ActionCommand[]> {
    const covering = told.findLast(({ coversLog }) => coversLog);
    const stops = ({ body }: ActionCommand) => body.kind === "set_asset_state" && body.state !== "open";
    if (covering === undefined || told.some(stops)) {
      this.#covered.delete(asset);
      return told;
    }
    let covered = this.#covered.get(asset);
    if (covered === undefined) {
      const last = await this.#bus.lastMessage("ORDERS", subjectOf("ORDERS", asset));
      covered = { actionId: covering.actionId, through: last?.streamSequence ?? streamSequence(0) };
      this.#covered.set(asset, covered);
    }
    const { actionId: through } = covered;
    if (this.#output.position(asset).seenThrough < covered.through) return [];
    this.#covered.delete(asset);
    return told.filter(({ actionId }) => actionId <= through);
  }

  #batch(asset: string, told: readonly Pick<ActionCommand, "accountId" | "body">[]): SequencedBatch {
    const { logId: reached, streamSequence, commandSequence: after, sequencedAtUs } = this.#output.position(asset);
    const atUs = nowAfterUs(sequencedAtUs);
    const commands = told.map(({ accountId, body }, index): Command => {
      const sequence = commandSequence(after + index + 1);
      return { commandSequence: sequence, logId: logId(0), accountId, receivedAtUs: epochUs(0), atUs, body };
    });
    return { asset, commands, holds: [], from: reached, reached, streamSequence };
  }

  async #commit(batches: readonly SequencedBatch[]): Promise<void> {
    await this.#store.append(batches);
    await this.#output.publish(batches);
  }
}

/** The commands of the first actions that fit into one transaction: those of at least one action, and never a part of one's. */
function wholeActions(told: readonly ActionCommand[]): readonly ActionCommand[] {
  const [first, cut] = [told[0], told[ACTION_COMMANDS_MAX]];
  if (first === undefined || cut === undefined) return told;
  const end = first.actionId === cut.actionId ? cut.actionId + 1 : cut.actionId;
  return told.filter(({ actionId }) => actionId < end);
}
