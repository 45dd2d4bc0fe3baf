/**
 * Order processing as a stage: ORDERS → stored commands, holds and position in one transaction → COMMANDS under the
 * fence. The way of one order: here (its message is read), sequencer.ts (asked about, decided, committed),
 * command-output.ts (published).
 */
import type { Bus } from "../shared/bus/bus.js";
import type { InputMessage } from "../shared/bus/reader.js";
import type { RulesInForce } from "../shared/domain/messages.js";
import { type CommandSequence, logIdAt, type StreamSequence } from "../shared/domain/units.js";
import type { Service } from "../shared/process/lifecycle.js";
import type { AssetInput } from "../shared/stage/asset-input.js";
import { isInputsFault, judgingInput } from "../shared/stage/dead-letters.js";
import type { Stage } from "../shared/stage/stage.js";
import { decodeOrderBatch } from "../shared/wire/pipeline-codec.js";
import type { ActionsFollower } from "./actions-follower.js";
import { CommandOutput } from "./command-output.js";
import type { CommandStore } from "./command-store.js";
import type { Sequencer } from "./sequencer.js";
import type { LoggedBatch } from "./sequencing.js";
import { UnaskedCommands } from "./unasked-commands.js";
import { UnsettledSince } from "./unsettled-since.js";

/** Limits of an asset's commands that are not settled yet, and of their age; past them, its requests wait in the order log. */
const UNSETTLED_COMMANDS_MAX = 10_000;
const UNSETTLED_MAX_MS = 800;
/** So few commands are no backlog, however old: a settlement that stands still has others that wait for it. */
const UNSETTLED_COMMANDS_ALWAYS = 256;

export class OrderProcessing implements Stage {
  readonly name = "order-processing";
  readonly #store: CommandStore;
  readonly #sequencer: Sequencer;
  readonly #actions: ActionsFollower;
  readonly #output: CommandOutput;
  readonly #unasked: UnaskedCommands;
  /** The rules that the assets file gives the asset. */
  readonly #rulesOf: (asset: string) => RulesInForce;
  #settled: ReadonlyMap<string, CommandSequence> = new Map();
  readonly #unsettledSince = new UnsettledSince();

  constructor(
    service: Service,
    bus: Bus,
    store: CommandStore,
    sequencer: Sequencer,
    actions: ActionsFollower,
    rulesOf: (asset: string) => RulesInForce,
  ) {
    this.#rulesOf = rulesOf;
    this.#store = store;
    this.#sequencer = sequencer;
    this.#actions = actions;
    this.#output = new CommandOutput(service, bus, store);
    service.metrics.queue("unsettled", () =>
      this.#output.assets().map((asset) => [asset, this.#unsettled(asset) / UNSETTLED_COMMANDS_MAX]),
    );
    this.#unasked = new UnaskedCommands(bus, store, this.#output, actions);
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    this.#sequencer.forgetBalances();
    const { streamSequence } = await this.#output.recover(asset);
    await this.#unasked.recover(asset, this.#rulesOf(asset));
    return { afterSequence: streamSequence };
  }

  async release(asset: string): Promise<void> {
    this.#output.release(asset);
    this.#unsettledSince.forget(asset);
  }

  accepts(asset: string): boolean {
    const unsettled = this.#unsettled(asset);
    if (unsettled <= UNSETTLED_COMMANDS_ALWAYS) return true;
    return (
      unsettled <= UNSETTLED_COMMANDS_MAX && this.#unsettledSince.ageMs(asset, performance.now()) <= UNSETTLED_MAX_MS
    );
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    const logged = inputs.map((input) => this.#readRequests(input)).filter(({ requests }) => requests.length > 0);
    if (logged.length > 0) await this.#process(logged);
  }

  /** Handles a faulty input request by request; one that can't be written is refused, and so reported to its owner. */
  async salvage(input: AssetInput): Promise<void> {
    const batch = this.#readRequests(input);
    const last = batch.requests.at(-1);
    for (const request of batch.requests) {
      // Until the last request is committed, a restart must read the message again.
      const streamSequence = request === last ? batch.streamSequence : ((batch.streamSequence - 1) as StreamSequence);
      const alone: LoggedBatch = { ...batch, requests: [request], streamSequence };
      try {
        await this.#process([alone]);
      } catch (cause) {
        if (!isInputsFault(cause)) throw cause;
        await this.#output.publish(await this.#sequencer.refuse(alone));
      }
    }
  }

  async tick(): Promise<void> {
    if (this.#output.assets().some((asset) => this.#unsettled(asset) > 0))
      this.#settled = await this.#store.settledCommands();
    for (const [asset, through] of this.#settled) this.#unsettledSince.settled(asset, through);
    await this.#unasked.tick();
  }

  async #process(logged: readonly LoggedBatch[]): Promise<void> {
    const committed = await this.#sequencer.commit(logged, (account) => this.#actions.isSuspended(account));
    await this.#output.publish(committed);
    for (const { asset } of committed)
      this.#unsettledSince.published(asset, this.#output.position(asset).commandSequence, performance.now());
  }

  #readRequests({ asset, messages }: AssetInput): LoggedBatch {
    const after = this.#output.position(asset);
    const { streamSequence } = messages.at(-1) as InputMessage;
    after.seenThrough = streamSequence;
    const decode = () =>
      messages.flatMap(({ streamSequence, data }) =>
        decodeOrderBatch(data).map((request, index) => ({ ...request, logId: logIdAt(streamSequence, index) })),
      );
    const requests = judgingInput(asset, decode).filter(({ logId }) => logId > after.logId);
    return { asset, requests, streamSequence, after };
  }

  /** The asset's commands that were not settled at the last tick. */
  #unsettled(asset: string): number {
    return this.#output.position(asset).commandSequence - (this.#settled.get(asset) ?? 0);
  }
}
