/** What the clients sent and what they were told: the one side of the comparison with the order log. */
import { isDeepStrictEqual } from "node:util";
import type { LoggedRequest, RequestBody } from "../../src/shared/domain/messages.js";
import { REJECTS, type RejectName } from "../../src/shared/domain/rejects.js";
import type { LogId } from "../../src/shared/domain/units.js";
import type { Wish } from "./order-mix.js";

export type Answer =
  | { readonly kind: "acknowledged"; readonly logId: LogId }
  | { readonly kind: "refused"; readonly code: number; readonly text: string }
  /** The connection broke, or there was no answer. */
  | { readonly kind: "lost" };

/** After these a client sends the request again (docs/protocol.md, Reject codes). */
export const SEND_AGAIN: readonly RejectName[] = ["BUSY", "UNAVAILABLE", "RATE_LIMITED", "SHUTTING_DOWN"];

/** It may be in the log or not. */
export function isUnknown(answer: Answer): boolean {
  return answer.kind === "lost" || (answer.kind === "refused" && answer.code === REJECTS.UNKNOWN_OUTCOME.code);
}

interface Acknowledged extends Wish {
  readonly accountId: number;
  readonly logId: LogId;
}

/** What the log says against what clients were told. */
export interface LogDifference {
  readonly kind: "lost" | "doubled" | "differing";
  readonly text: string;
}

export class Attempts {
  acknowledged = 0;
  /** By code: how often something was refused. */
  readonly refused = new Map<number, number>();
  #toBeFound = new Map<string, Acknowledged>();
  #found = new Map<string, Acknowledged>();
  #foundUnknown: string[] = [];
  /** By what was asked: how often nobody could tell whether it was logged. */
  readonly #unknown = new Map<string, number>();
  readonly #twice: LogDifference[] = [];

  note(accountId: number, wish: Wish, answer: Answer): void {
    if (answer.kind === "acknowledged") {
      this.acknowledged++;
      const place = placeOf(wish.asset.asset, answer.logId);
      if (this.#toBeFound.has(place))
        this.#twice.push({ kind: "doubled", text: `${place} was acknowledged to two requests` });
      this.#toBeFound.set(place, { ...wish, accountId, logId: answer.logId });
    }
    if (answer.kind === "refused") this.refused.set(answer.code, (this.refused.get(answer.code) ?? 0) + 1);
    if (isUnknown(answer)) {
      const key = keyOf(wish.asset.asset, accountId, wish.body);
      this.#unknown.set(key, (this.#unknown.get(key) ?? 0) + 1);
    }
  }

  /** To be called with every request of the log, once. */
  *inLog(asset: string, request: LoggedRequest): Generator<LogDifference> {
    const { accountId, body, logId } = request;
    const place = placeOf(asset, logId);
    const acknowledged = this.#toBeFound.get(place);
    if (acknowledged !== undefined) {
      this.#toBeFound.delete(place);
      this.#found.set(place, acknowledged);
      if (acknowledged.accountId !== accountId || !isDeepStrictEqual(acknowledged.body, body))
        yield { kind: "differing", text: `${place} is ${text(body)} in the log; sent was ${text(acknowledged.body)}` };
      return;
    }
    const key = keyOf(asset, accountId, body);
    const unknown = this.#unknown.get(key) ?? 0;
    if (unknown > 0) {
      this.#unknown.set(key, unknown - 1);
      this.#foundUnknown.push(key);
    } else
      yield {
        kind: "doubled",
        text: `${place} of account ${accountId} is in the log, and nobody was told: ${text(body)}`,
      };
  }

  /** The log is going to be read from its beginning again. */
  beginAgain(): void {
    this.#toBeFound = new Map([...this.#found, ...this.#toBeFound]);
    this.#found = new Map();
    for (const key of this.#foundUnknown.splice(0)) this.#unknown.set(key, (this.#unknown.get(key) ?? 0) + 1);
  }

  /** What was acknowledged and was not in the log; forgets it. */
  *notFound(): Generator<LogDifference> {
    yield* this.#twice.splice(0);
    for (const [place, { body }] of this.#toBeFound)
      yield { kind: "lost", text: `${place} is acknowledged and not in the log: ${text(body)}` };
    this.#toBeFound = new Map();
  }
}

const text = (body: RequestBody) => JSON.stringify(body);
const placeOf = (asset: string, logId: LogId) => `${asset} ${logId}`;

/** Fields in any order are the same request. */
function keyOf(asset: string, accountId: number, body: RequestBody): string {
  const fields = Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([asset, accountId, fields]);
}
