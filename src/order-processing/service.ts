/** Order processing as a stage: ORDERS → order_log and position in one transaction → COMMANDS under the fence. */

import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { InvariantBroken } from "../shared/domain/errors.js";
import type { Command, LoggedRequest } from "../shared/domain/messages.js";
import {
  type ActionId,
  type CommandSequence,
  commandSequence,
  type EpochMs,
  type EpochUs,
  epochUs,
  type LogId,
  logId,
  logIdAt,
  type StreamSequence,
  streamSequence,
} from "../shared/domain/units.js";
import { nowUs } from "../shared/process/clock.js";
import type { Service } from "../shared/process/lifecycle.js";
import { pausedFor } from "../shared/process/waits.js";
import type { AssetInput } from "../shared/stage/asset-input.js";
import { isInputsFault, judgingInput } from "../shared/stage/dead-letters.js";
import { FencedOutput } from "../shared/stage/fenced-output.js";
import { AssetHalted, haltingAsset, type Stage } from "../shared/stage/stage.js";
import { decodeCommandBatch, decodeOrderBatch, encodeCommandBatch } from "../shared/wire/pipeline-codec.js";
import type { ActionCommand, ActionsFollower } from "./actions-follower.js";
import { FundsChanged, type HeldBalance, type CommandStore, type SequencedBatch } from "./command-store.js";
import type { LoggedBatch, Sequencer } from "./sequencer.js";

/** Commands in one message; far below 256 KiB. */
const COMMANDS_PER_MESSAGE_MAX = 1_000;

/** Commands of one asset that may be on their way to settlement; past that its requests wait in the log. */
const UNSETTLED_COMMANDS_MAX = 10_000;

/** Others may hold funds of the same accounts at the same time: a batch is decided again as often, ever later. */
const HOLD_ATTEMPTS_MAX = 8;
const HOLD_RETRY_FIRST_MS = 2;

/** How often it is asked what operators decided and which timers ran out: two small queries. */
const ACTIONS_INTERVAL_MS = 500;

interface AssetPosition {
  logId: LogId;
  streamSequence: StreamSequence;
  /** The last message that was handled, or skipped because nothing can be done with it. */
  seenThrough: StreamSequence;
  commandSequence: CommandSequence;
  sequencedAtUs: EpochUs;
  /** When the clock has to be sent if no request brings it. */
  nextExpiryMs: EpochMs | null;
  readonly output: FencedOutput;
}

export class OrderProcessing implements Stage {
  readonly name = "order-processing";
  readonly input = "ORDERS";
  readonly #bus: Bus;
  readonly #store: CommandStore;
  readonly #actions: ActionsFollower;
  readonly #service: Service;
  readonly #sequencer: Sequencer;
  #settled: ReadonlyMap<string, CommandSequence> = new Map();
  readonly #positions = new Map<string, AssetPosition>();
  #followedActionsMs = Number.NEGATIVE_INFINITY;
  /** What is to be processed before an asset's actions through this one become commands. */
  readonly #covered = new Map<string, { readonly actionId: ActionId; readonly through: StreamSequence }>();

  constructor(service: Service, bus: Bus, store: CommandStore, sequencer: Sequencer, actions: ActionsFollower) {
    this.#service = service;
    this.#bus = bus;
    this.#store = store;
    this.#sequencer = sequencer;
    this.#actions = actions;
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    this.#positions.delete(asset);
    this.#covered.delete(asset);
    this.#sequencer.forgetBalances();
    const output = new FencedOutput(this.#bus, this.#service.log, this.#service.stopping, "COMMANDS", asset);
    // Before the position: commands are committed before they are published, also by another process at this moment.
    const published = await output.open();
    const stored = await this.#store.position(asset);
    const { last } = await this.#bus.streamBounds(this.input);
    if (last < stored.streamSequence)
      throw new Error(`${asset}: the order log ends at ${last}, but ${stored.streamSequence} was processed before`);
    const nextExpiryMs = await this.#store.nextExpiry(asset, stored.sequencedAtUs);
    await this.#publishRest(asset, output, published, stored.commandSequence);
    await this.#actions.recover(asset);
    this.#positions.set(asset, { ...stored, seenThrough: stored.streamSequence, nextExpiryMs, output });
    return { afterSequence: stored.streamSequence };
  }

  async release(asset: string): Promise<void> {
    this.#positions.delete(asset);
  }

  accepts(asset: string): boolean {
    return this.#unsettled(asset) <= UNSETTLED_COMMANDS_MAX;
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    const logged = inputs.map((input) => this.#readRequests(input)).filter(({ requests }) => requests.length > 0);
    if (logged.length > 0) await this.#process(logged);
  }

  /** One request after the other; what can't be written is refused, and so told to its owner. */
  async salvage(input: AssetInput): Promise<void> {
    const { asset, requests, streamSequence: message } = this.#readRequests(input);
    const last = requests.at(-1);
    for (const request of requests) {
      // Until its last request is done, reading goes on before the message.
      const streamSequence = request === last ? message : ((message - 1) as StreamSequence);
      try {
        await this.#process([{ asset, requests: [request], streamSequence, after: this.#position(asset) }]);
      } catch (cause) {
        if (!isInputsFault(cause)) throw cause;
        await this.#commit([this.#refused(asset, request, streamSequence)]);
      }
    }
  }

  async #process(logged: readonly LoggedBatch[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const batches = await this.#sequencer.decide(logged, (account) => this.#actions.isSuspended(account));
      try {
        this.#sequencer.committed(await this.#commit(batches));
        return;
      } catch (cause) {
        if (!(cause instanceof FundsChanged) || attempt === HOLD_ATTEMPTS_MAX) throw cause;
        this.#sequencer.forgetBalances();
        await pausedFor(Math.random() * HOLD_RETRY_FIRST_MS * 2 ** attempt);
      }
    }
  }

  async tick(): Promise<void> {
    if ([...this.#positions.keys()].some((asset) => this.#unsettled(asset) > 0))
      this.#settled = await this.#store.settledCommands();
    await this.#tellTime();
    if (performance.now() - this.#followedActionsMs >= ACTIONS_INTERVAL_MS) await this.#followActions();
  }

  /** An order expires when the engine's clock reaches its time: where no request brings the time, it is sent. */
  async #tellTime(): Promise<void> {
    const batches: SequencedBatch[] = [];
    for (const [asset, position] of this.#positions) {
      if (position.nextExpiryMs === null) continue;
      if (position.nextExpiryMs * 1000 <= position.sequencedAtUs)
        position.nextExpiryMs = await this.#store.nextExpiry(asset, position.sequencedAtUs);
      const atUs = nowUs();
      if (position.nextExpiryMs === null || position.nextExpiryMs * 1000 > atUs) continue;
      batches.push(this.#unasked(asset, [{ accountId: 0, body: { kind: "advance_clock" } }]));
    }
    if (batches.length > 0) await this.#commit(batches);
  }

  /** What operators and timers decided becomes commands, in the same way. */
  async #followActions(): Promise<void> {
    this.#followedActionsMs = performance.now();
    const commands: [asset: string, told: readonly ActionCommand[]][] = [];
    for (const [asset, told] of await this.#actions.commands([...this.#positions.keys()])) {
      const due = await this.#due(asset, told);
      if (due.length > 0) commands.push([asset, due]);
    }
    if (commands.length === 0) return;
    await this.#commit(
      commands.map(([asset, told]) => ({
        ...this.#unasked(asset, told),
        actionIds: told.map(({ actionId }) => actionId),
      })),
    );
    for (const [asset, told] of commands) this.#actions.written(asset, told);
  }

  /**
   * A cancel of everything covers what was acknowledged before it: while that still waits in the log, so does the cancel.
   * Unless trading is to stop: then what comes late is refused.
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
      const last = await this.#bus.lastMessage(this.input, subjectOf(this.input, asset));
      covered = { actionId: covering.actionId, through: last?.streamSequence ?? streamSequence(0) };
      this.#covered.set(asset, covered);
    }
    const { actionId: through } = covered;
    if (this.#position(asset).seenThrough < covered.through) return [];
    this.#covered.delete(asset);
    return told.filter(({ actionId }) => actionId <= through);
  }

  /** Commands that no request asked for: the position in the log stays where it is. */
  #unasked(asset: string, told: readonly Pick<ActionCommand, "accountId" | "body">[]): SequencedBatch {
    const { logId: reached, streamSequence, commandSequence: after, sequencedAtUs } = this.#position(asset);
    const atUs = Math.max(sequencedAtUs, nowUs()) as EpochUs;
    const commands = told.map(({ accountId, body }, index): Command => {
      const sequence = commandSequence(after + index + 1);
      return { commandSequence: sequence, logId: logId(0), accountId, receivedAtUs: epochUs(0), atUs, body };
    });
    return { asset, commands, holds: [], from: reached, reached, streamSequence };
  }

  async #commit(batches: readonly SequencedBatch[]): Promise<HeldBalance[]> {
    const held = await this.#store.append(batches);
    for (const batch of batches) this.#advance(batch);
    await Promise.all(batches.map(({ asset, commands }) => publishCommands(this.#position(asset).output, commands)));
    return held;
  }

  #readRequests({ asset, messages }: AssetInput): LoggedBatch {
    const after = this.#position(asset);
    after.seenThrough = (messages.at(-1) as InputMessage).streamSequence;
    const decode = () =>
      messages.flatMap(({ streamSequence, data }) =>
        decodeOrderBatch(data).map((request, index) => ({ ...request, logId: logIdAt(streamSequence, index) })),
      );
    const requests = judgingInput(asset, decode).filter(({ logId }) => logId > after.logId);
    const { streamSequence } = messages.at(-1) as InputMessage;
    return { asset, requests, streamSequence, after };
  }

  #refused(asset: string, request: LoggedRequest, streamSequence: StreamSequence): SequencedBatch {
    const { logId: from, commandSequence: after, sequencedAtUs } = this.#position(asset);
    const { logId: reached, accountId, receivedAtUs, body } = request;
    const atUs = Math.max(sequencedAtUs, nowUs()) as EpochUs;
    const named = body.kind === "cancel_all" ? body : { ...body, clientOrderId: null };
    const refusal = {
      kind: "refuse",
      request: named,
      reason: "unsupported",
      firstOrderId: null,
      shortfall: null,
    } as const;
    const sequence = commandSequence(after + 1);
    const command = { commandSequence: sequence, logId: reached, accountId, receivedAtUs, atUs, body: refusal };
    return { asset, commands: [command], holds: [], from, reached, streamSequence };
  }

  #advance({ asset, commands, reached, streamSequence }: SequencedBatch): void {
    const position = this.#position(asset);
    const last = commands.at(-1) as Command;
    const expiries = commands.flatMap(({ body }) => (body.kind === "new" ? (body.expiresAtMs ?? []) : []));
    const nextExpiryMs = Math.min(position.nextExpiryMs ?? Number.POSITIVE_INFINITY, ...expiries);
    Object.assign(position, {
      logId: reached,
      streamSequence,
      commandSequence: last.commandSequence,
      sequencedAtUs: last.atUs,
      nextExpiryMs: Number.isFinite(nextExpiryMs) ? nextExpiryMs : null,
    });
  }

  /** What was committed and did not get out: the rows after the last published command are the outbox. */
  async #publishRest(
    asset: string,
    output: FencedOutput,
    last: InputMessage | null,
    committed: CommandSequence,
  ): Promise<void> {
    let published =
      last === null ? commandSequence(0) : haltingAsset(asset, () => lastSequence(decodeCommandBatch(last.data)));
    if (published > committed)
      throw new AssetHalted(asset, `commands reach ${published}, but the order log in Postgres ends at ${committed}`);
    while (published < committed) {
      const rest = await this.#store.commandsAfter(asset, published, COMMANDS_PER_MESSAGE_MAX);
      await publishCommands(output, rest);
      published = lastSequence(rest);
      this.#service.log.info({ asset, published, committed }, "published commands that were committed before");
    }
  }

  /** Commands that are not settled yet, as far as it was known at the last tick. */
  #unsettled(asset: string): number {
    return this.#position(asset).commandSequence - (this.#settled.get(asset) ?? 0);
  }

  #position(asset: string): AssetPosition {
    const position = this.#positions.get(asset);
    if (position === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return position;
  }
}

function lastSequence(commands: readonly Command[]): CommandSequence {
  const last = commands.at(-1);
  if (last === undefined) throw new InvariantBroken("a batch of commands is empty");
  return last.commandSequence;
}

async function publishCommands(output: FencedOutput, commands: readonly Command[]): Promise<void> {
  for (let start = 0; start < commands.length; start += COMMANDS_PER_MESSAGE_MAX)
    await output.publish(encodeCommandBatch(commands.slice(start, start + COMMANDS_PER_MESSAGE_MAX)));
}
