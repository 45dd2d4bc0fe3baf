import type { PlainSocket } from "../sockets/plain-socket.js";
import type { JsonHandler } from "./json-messages.js";
import type { MarketStreams, StreamListener } from "./market-streams.js";

const STREAMS_MAX = 1_024;

/** A connection to market streams: those that its address names, and those that it subscribes to. */
export class StreamConnection implements JsonHandler, StreamListener {
  readonly #socket: PlainSocket;
  readonly #streams: MarketStreams;
  readonly #held = new Set<string>();
  #isCombined: boolean;

  /** `isCombined`: events are told with their stream's name around them. Names that are none are ignored, as Binance does. */
  constructor(socket: PlainSocket, streams: MarketStreams, names: readonly string[], isCombined: boolean) {
    this.#socket = socket;
    this.#streams = streams;
    this.#isCombined = isCombined;
    for (const name of names.slice(0, STREAMS_MAX)) this.#listen(name);
  }

  tell(stream: string, text: string): void {
    this.#socket.sendText(this.#isCombined ? `{"stream":"${stream}","data":${text}}` : text);
  }

  receive({ id = null, method, params }: Readonly<Record<string, unknown>>): void {
    const result = this.#resultOf(method, params);
    if (typeof result === "string") this.#socket.send({ error: { code: 2, msg: `Invalid request: ${result}` }, id });
    else this.#socket.send({ result: result.value, id });
  }

  closed(): void {
    for (const name of this.#held) this.#streams.forget(name, this);
    this.#held.clear();
  }

  #resultOf(method: unknown, params: unknown): { readonly value: unknown } | string {
    switch (method) {
      case "SUBSCRIBE":
      case "UNSUBSCRIBE":
        return this.#change(method === "SUBSCRIBE", params);
      case "LIST_SUBSCRIPTIONS":
        return { value: [...this.#held] };
      case "SET_PROPERTY":
      case "GET_PROPERTY":
        return this.#property(method === "SET_PROPERTY", params);
      default:
        return "unknown variant, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`";
    }
  }

  #change(isSubscribed: boolean, params: unknown): { readonly value: null } | string {
    if (!Array.isArray(params) || params.some((name) => typeof name !== "string"))
      return "params must be a list of streams";
    const names = params as string[];
    if (isSubscribed && this.#held.size + names.length > STREAMS_MAX) return `at most ${STREAMS_MAX} streams`;
    const unknown = names.filter((name) => !(isSubscribed ? this.#listen(name) : this.#forget(name)));
    return unknown.length === 0 ? { value: null } : `invalid stream ${String(unknown[0]).slice(0, 60)}`;
  }

  #property(isSet: boolean, params: unknown): { readonly value: unknown } | string {
    const [name, value] = Array.isArray(params) ? params : [];
    if (name !== "combined") return "the property is combined";
    if (!isSet) return { value: this.#isCombined };
    if (typeof value !== "boolean") return "combined is true or false";
    this.#isCombined = value;
    return { value: null };
  }

  /** What is told at once comes after the name is held. */
  #listen(name: string): boolean {
    if (this.#held.has(name)) return true;
    if (!this.#streams.listen(name, this)) return false;
    this.#held.add(name);
    return true;
  }

  #forget(name: string): boolean {
    this.#streams.forget(name, this);
    this.#held.delete(name);
    return true;
  }
}
