import type { WebSocket } from "ws";
import type { SlowMember, Told } from "../../shared/channels/audience.js";
import type { Lagged, Listener } from "../../shared/channels/listener.js";
import type { Refusal } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { Identity } from "../../shared/http/identification.js";
import { packed } from "../../shared/http/media-types.js";
import { hasBecome } from "../../shared/process/waits.js";

export interface ConnectionLimits {
  /** What may wait for a client: past it, it is told so and cut. */
  readonly queueBytesMax: number;
  /** How long the network may take nothing of what waits. */
  readonly standstillMaxMs: number;
}

/** How the rooms of channels are entered and left. */
interface Rooms {
  join(room: string, member: SlowMember): void;
  leave(room: string, member: SlowMember): void;
}

const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
/** How long a client that is cut may take to read why. */
const PARTING_MS = 5_000;
const PING_EVERY_MS = 15_000;
const ROOM_POLL_MS = 10;

let connections = 0;
/** What many are told, as MessagePack, made once. */
const packedTold = new WeakMap<Told, Buffer>();

/** One client's WebSocket, as channels see it: it takes what it is told at once, and is cut when it does not read. */
export class Connection implements Listener, SlowMember {
  readonly id: string;
  identity: Identity | null = null;
  readonly #socket: WebSocket;
  readonly #limits: ConnectionLimits;
  readonly #audience: Rooms;
  readonly #rooms = new Set<string>();
  readonly #isPacked: boolean;
  #isParting = false;
  #leastBytes = 0;
  #readAtMs = performance.now();
  #pingedAtMs = performance.now();
  #hasAnswered = true;

  /** `isPacked`: it is told everything in MessagePack. */
  constructor(socket: WebSocket, audience: Rooms, limits: ConnectionLimits, isPacked = false) {
    connections += 1;
    this.id = `socket ${connections}`;
    this.#socket = socket;
    this.#audience = audience;
    this.#limits = limits;
    this.#isPacked = isPacked;
    socket.on("pong", () => {
      this.#hasAnswered = true;
    });
  }

  get accountId(): AccountId | null {
    return this.identity?.accountId ?? null;
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  isConnected(): boolean {
    return !this.#isParting && this.#socket.readyState === this.#socket.OPEN;
  }

  join(room: string): void {
    this.#rooms.add(room);
    this.#audience.join(room, this);
  }

  leave(room: string): void {
    if (this.#rooms.delete(room)) this.#audience.leave(room, this);
  }

  leaveAll(): void {
    for (const room of this.#rooms) this.leave(room);
  }

  take(told: Told): void {
    if (!this.#isPacked) this.sendText(told.text);
    else if (this.isConnected()) this.#socket.send(packedOf(told));
  }

  send(event: string, payload: object): void {
    this.sendText(JSON.stringify({ event, data: payload }));
  }

  sendText(text: string): void {
    if (this.isConnected()) this.#socket.send(this.#isPacked ? packed(JSON.parse(text)) : text);
  }

  isBehind(): boolean {
    return this.queuedBytes > this.#limits.queueBytesMax / 8;
  }

  async hasRoom(): Promise<boolean> {
    const { queueBytesMax, standstillMaxMs } = this.#limits;
    const isOver = () => !this.isConnected() || this.queuedBytes <= queueBytesMax / 4;
    if (await hasBecome(isOver, { deadlineMs: standstillMaxMs, everyMs: ROOM_POLL_MS })) return this.isConnected();
    this.cut({ reason: "SLOW_CONSUMER", text: "you did not read what you asked for: read faster" });
    return false;
  }

  look(nowMs: number): void {
    if (this.#isParting) return;
    const { queueBytesMax, standstillMaxMs } = this.#limits;
    const bytes = this.queuedBytes;
    if (bytes === 0 || bytes < this.#leastBytes) this.#readAtMs = nowMs;
    this.#leastBytes = bytes;
    if (bytes > queueBytesMax) this.#tooSlow(`more than ${queueBytesMax} bytes wait for you`);
    else if (nowMs - this.#readAtMs > standstillMaxMs)
      this.#tooSlow(`you took nothing for ${standstillMaxMs / 1_000} s`);
    else if (nowMs - this.#pingedAtMs > PING_EVERY_MS) this.#ping(nowMs);
  }

  cut(why: Lagged): void {
    this.#part("lagged", why, POLICY_VIOLATION, why.reason);
  }

  logOut({ name, text }: Refusal): void {
    this.#part("logged_out", { code: name, text }, POLICY_VIOLATION, name);
  }

  goAway(): void {
    this.#part(
      "going_away",
      { code: "SHUTTING_DOWN", text: "this gateway is stopping; connect again" },
      GOING_AWAY,
      "",
    );
  }

  #tooSlow(text: string): void {
    this.cut({ reason: "SLOW_CONSUMER", text: `${text}: read faster, or subscribe to less` });
  }

  #ping(nowMs: number): void {
    this.#pingedAtMs = nowMs;
    if (this.#hasAnswered) this.#socket.ping();
    else this.#socket.terminate();
    this.#hasAnswered = false;
  }

  /** The last that the client gets is why. */
  #part(event: string, why: object, code: number, reason: string): void {
    if (!this.isConnected()) return;
    this.send(event, why);
    this.#isParting = true;
    this.leaveAll();
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), PARTING_MS).unref();
  }
}

function packedOf(told: Told): Buffer {
  let bytes = packedTold.get(told);
  if (bytes === undefined) {
    bytes = packed({ event: told.event, data: told.payload });
    packedTold.set(told, bytes);
  }
  return bytes;
}
