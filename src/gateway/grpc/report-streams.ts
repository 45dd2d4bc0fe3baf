import { once } from "node:events";
import { Metadata, type ServerWritableStream } from "@grpc/grpc-js";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { FairTurns } from "../../shared/channels/fair-turns.js";
import type { OrdersStore } from "../../shared/channels/orders-store.js";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { GatewayContext } from "../context.js";
import { callerOf, ourFailure } from "./calls.js";
import { rejectStatus } from "./reject-status.js";
import { reportMessage } from "./report-message.js";
import { whoAsks } from "./who-asks.js";

interface ReportsRequest {
  readonly from: number | null;
}

type ReportCall = ServerWritableStream<ReportsRequest | Refusal, object>;
type StreamsContext = Pick<GatewayContext, "market" | "registry" | "identification" | "config" | "service">;

const PAGE = 500;
const PAGES_AT_ONCE_MAX = 2;
/** How long a client that catches up may not read. */
const PATIENCE_MS = 30_000;

const LAGGED = refuse(
  "BUSY",
  "you read too slowly, and this stream ends here; ask again with from, the number of the last report that you have",
);
const TOO_MANY = refuse("TOO_MANY_SESSIONS", "the account has too many streams of reports open; end one of them");
const STOPPING = refuse("SHUTTING_DOWN", "this gateway is stopping; ask again with from");

/** The streams of reports: each catches up from Postgres, then follows its account's channel; who does not read is told and cut. */
export class ReportStreams {
  readonly #context: StreamsContext;
  readonly #store: OrdersStore;
  readonly #turns = new FairTurns<AccountId>(PAGES_AT_ONCE_MAX);
  /** Those that were cut are among them, until what they were sent is read or they are gone. */
  readonly #open = new Map<ReportCall, AccountId>();

  constructor(context: StreamsContext, store: OrdersStore) {
    this.#context = context;
    this.#store = store;
  }

  readonly handler = (call: ReportCall): void => {
    this.#begin(call).catch((error: unknown) => end(call, ourFailure(error, this.#context.service.log)));
  };

  stop(): void {
    for (const call of this.#open.keys()) end(call, STOPPING);
  }

  async #begin(call: ReportCall): Promise<void> {
    const { identification, config } = this.#context;
    const { request } = call;
    if (isRefusal(request)) return end(call, request);
    const identity = await whoAsks(identification, callerOf(call), ...KEY_ROLES);
    if (isRefusal(identity)) return end(call, identity);
    const { accountId } = identity;
    const open = [...this.#open.values()].filter((one) => one === accountId).length;
    if (open >= config.grpc.streamsPerAccountMax) return end(call, TOO_MANY);
    if (call.cancelled) return;
    this.#open.set(call, accountId);
    for (const gone of ["cancelled", "close"]) call.on(gone, () => this.#open.delete(call));
    this.#follow(call, accountId, request.from === null ? null : await this.#catchUp(call, accountId, request.from));
  }

  /** Sends what Postgres has after that report, as fast as it is read; returns the number of the last one. */
  async #catchUp(call: ReportCall, accountId: AccountId, from: number): Promise<number> {
    for (let after = from; ; ) {
      const page = await this.#turns.take(accountId, () => this.#store.reportsAfter(accountId, after, PAGE));
      let hasRoom = true;
      for (const { json } of page) hasRoom = this.#write(call, json);
      after = page.at(-1)?.accountSequence ?? after;
      if (page.length < PAGE || !this.#open.has(call)) return after;
      if (hasRoom) continue;
      await once(call, "drain", { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => end(call, LAGGED));
    }
  }

  #follow(call: ReportCall, accountId: AccountId, from: number | null): void {
    if (!this.#open.has(call) || call.writableEnded) return;
    const { market, config } = this.#context;
    const asked = { channel: "orders", ...(from === null ? {} : { from }) };
    const unfollow = market.follow(
      asked,
      {
        onAnswer: (answer) => {
          if (answer.ok) call.sendMetadata(new Metadata());
          else end(call, refuse(answer.code, answer.text));
        },
        onEvent: (payload) => {
          if (call.writableEnded) return;
          for (const report of (payload as { readonly reports: readonly object[] }).reports) this.#write(call, report);
          if (call.writableLength > config.grpc.queuedReportsMax) end(call, LAGGED);
        },
        onCut: ({ text }) => end(call, refuse("UNAVAILABLE", text)),
      },
      accountId,
    );
    for (const over of ["cancelled", "close", "error"]) call.on(over, unfollow);
    if (call.writableEnded) unfollow();
  }

  /** False: what comes next waits for the client. */
  #write(call: ReportCall, report: object): boolean {
    return call.write(reportMessage(report, this.#context.registry.assets));
  }
}

/** Ends the stream behind what it was sent, with the reason as its status. */
function end(call: ReportCall, why: Refusal): void {
  if (!call.writableEnded) call.emit("error", rejectStatus(why));
}
