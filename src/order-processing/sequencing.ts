/**
 * Turns logged requests into the engine's commands, by the rules that look at more than one request: client order ids,
 * suspensions, cover. Pure. Every request becomes exactly one command; a refused one becomes a `refuse`, whose report
 * reaches its client in the order of the log.
 */
import type { Asset } from "../shared/domain/assets.js";
import type {
  CancelOrder,
  Command,
  CommandBody,
  LoggedRequest,
  NewOrder,
  Refuse,
  ReplaceOrder,
} from "../shared/domain/messages.js";
import {
  type AccountId,
  type ActionId,
  type CommandSequence,
  type CurrencyUnits,
  commandSequence,
  type EpochUs,
  type LogId,
  type OrderId,
  orderId,
  type StreamSequence,
} from "../shared/domain/units.js";
import type { Funded, Funding, RequestHold } from "./funding.js";

/** Where a client order id was used first. */
export interface ClientOrderIdUse {
  readonly asset: string;
  readonly orderId: OrderId;
}

export interface ClientOrderIdKey {
  readonly accountId: AccountId;
  readonly clientOrderId: string;
}

/** The first use of each client order id: those of this batch, and behind them (`before`) those on record. */
export class ClientOrderIdUses {
  readonly #uses = new Map<string, ClientOrderIdUse>();
  readonly #before: ClientOrderIdUses | null;

  constructor(before: ClientOrderIdUses | null = null) {
    this.#before = before;
  }

  add({ accountId, clientOrderId }: ClientOrderIdKey, use: ClientOrderIdUse): void {
    this.#uses.set(`${accountId}/${clientOrderId}`, use);
  }

  find(key: ClientOrderIdKey): ClientOrderIdUse | undefined {
    return this.#uses.get(`${key.accountId}/${key.clientOrderId}`) ?? this.#before?.find(key);
  }
}

/** The funds held for a command, written in the same transaction. */
export interface Hold extends RequestHold {
  readonly commandSequence: CommandSequence;
  /** Of a market buy by budget: what its client wants to spend, fees included; the command has what is left for fills. */
  readonly budgetUnits: CurrencyUnits | null;
}

export interface Sequenced {
  readonly commands: readonly Command[];
  readonly holds: readonly Hold[];
}

/** One asset's requests of a batch (at least one), and the asset's position before them. */
export interface LoggedBatch {
  readonly asset: string;
  readonly requests: readonly LoggedRequest[];
  /** The message whose last request is the batch's last. */
  readonly streamSequence: StreamSequence;
  readonly after: {
    readonly logId: LogId;
    readonly commandSequence: CommandSequence;
    readonly sequencedAtUs: EpochUs;
  };
}

/** One asset's commands of a batch (at least one), their holds, and how far in the order log they reach. */
export interface SequencedBatch extends Sequenced {
  readonly asset: string;
  readonly from: LogId;
  readonly reached: LogId;
  readonly streamSequence: StreamSequence;
  /** The action of each command, if they come from actions and not from requests. */
  readonly actionIds?: readonly ActionId[];
}

/** The sequenced requests with the batch's place in the order log. */
export function inBatch({ asset, requests, streamSequence, after }: LoggedBatch, sequenced: Sequenced): SequencedBatch {
  return { asset, ...sequenced, from: after.logId, reached: (requests.at(-1) as LoggedRequest).logId, streamSequence };
}

/** Refuses requests that Postgres can't take as they are; without their client order ids, which may be the reason. */
export function refusals(requests: readonly LoggedRequest[], after: CommandSequence, atUs: EpochUs): Sequenced {
  const commands = requests.map((request, index): Command => {
    const named = request.body.kind === "cancel_all" ? request.body : { ...request.body, clientOrderId: null };
    const { body } = refuse(named, "unsupported");
    return { ...request, commandSequence: commandSequence(after + index + 1), atUs, body };
  });
  return { commands, holds: [] };
}

/**
 * The client order ids to look up before the requests are sequenced: those that cancels name. That of an order or a replace is
 * taken to be new, which its key decides when it is written, unless its account `repeats` ids.
 */
export function clientOrderIdsNeeded(
  requests: readonly LoggedRequest[],
  repeats: (accountId: AccountId) => boolean,
): ClientOrderIdKey[] {
  return requests.flatMap(({ accountId, body }) =>
    body.kind === "cancel_all" || body.clientOrderId === null || (body.kind !== "cancel" && !repeats(accountId))
      ? []
      : [{ accountId, clientOrderId: body.clientOrderId }],
  );
}

/** Decides the commands of a batch, asset by asset; what one asset's requests use up counts for the next ones. */
export class Sequencing {
  readonly #ids: ClientOrderIdUses;
  readonly #funding: Funding | null;
  readonly #isSuspended: (accountId: AccountId) => boolean;

  /** `onRecord` has the uses on record of `clientOrderIdsNeeded`. Without a `funding` nothing is held. */
  constructor(onRecord: ClientOrderIdUses, funding: Funding | null, isSuspended: (accountId: AccountId) => boolean) {
    this.#ids = new ClientOrderIdUses(onRecord);
    this.#funding = funding;
    this.#isSuspended = isSuspended;
  }

  /** The commands are numbered from `after` + 1, and all have the time `atUs`, which must not be before the last command's. */
  sequence(asset: Asset, requests: readonly LoggedRequest[], after: CommandSequence, atUs: EpochUs): Sequenced {
    const holds: Hold[] = [];
    const commands = requests.map((request, index): Command => {
      const { logId, accountId, receivedAtUs, body: asked } = request;
      const sequence = commandSequence(after + index + 1);
      const decided = this.#decide(asset, request);
      if (decided.hold !== null) {
        const budgetUnits = asked.kind === "new" ? asked.quoteBudgetUnits : null;
        holds.push({ ...decided.hold, commandSequence: sequence, budgetUnits });
      }
      return { commandSequence: sequence, logId, accountId, receivedAtUs, atUs, body: decided.body };
    });
    return { commands, holds };
  }

  #decide(asset: Asset, { logId, accountId, body }: LoggedRequest): Decided {
    switch (body.kind) {
      case "new": {
        const refused = this.#admit(asset, accountId, body, orderId(logId));
        return refused ?? this.#fund(body, (funding) => funding.placeOrder(asset, accountId, orderId(logId), body));
      }
      case "replace": {
        const refused = this.#admit(asset, accountId, body, body.orderId);
        return refused ?? this.#fund(body, (funding) => funding.replaceOrder(asset, accountId, body));
      }
      case "cancel":
        return this.#resolveCancel(asset, accountId, body);
      case "cancel_all":
        return passedOn(body);
    }
  }

  /** Null: admitted. A client order id belongs to the request that used it first, even if that one was refused. */
  #admit({ asset }: Asset, accountId: AccountId, body: NewOrder | ReplaceOrder, orderId: OrderId): Decided | null {
    if (body.clientOrderId !== null) {
      const key = { accountId, clientOrderId: body.clientOrderId };
      const used = this.#ids.find(key);
      if (used !== undefined) return refuse(body, "duplicate_client_order_id", { firstOrderId: used.orderId });
      this.#ids.add(key, { asset, orderId });
    }
    return this.#isSuspended(accountId) ? refuse(body, "account_suspended") : null;
  }

  #fund<Body extends NewOrder | ReplaceOrder>(asked: Body, decide: (funding: Funding) => Funded<Body>): Decided {
    if (this.#funding === null) return passedOn(asked);
    const funded = decide(this.#funding);
    return funded.kind === "funded" ? funded : refuse(asked, funded.reason, { shortfall: funded.shortfall });
  }

  #resolveCancel({ asset }: Asset, accountId: AccountId, body: CancelOrder): Decided {
    if (body.clientOrderId === null) return passedOn(body);
    const used = this.#ids.find({ accountId, clientOrderId: body.clientOrderId });
    if (used === undefined || used.asset !== asset) return refuse(body, "unknown_order");
    return passedOn({ ...body, orderId: used.orderId });
  }
}

interface Decided {
  readonly body: CommandBody;
  readonly hold: RequestHold | null;
}

function passedOn(body: CommandBody): Decided {
  return { body, hold: null };
}

function refuse(
  request: Refuse["request"],
  reason: Refuse["reason"],
  { firstOrderId = null, shortfall = null }: Partial<Pick<Refuse, "firstOrderId" | "shortfall">> = {},
): Decided {
  return passedOn({ kind: "refuse", request, reason, firstOrderId, shortfall });
}
