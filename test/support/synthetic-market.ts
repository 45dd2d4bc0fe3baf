/**
 * A market that nobody trades in, for the page: a Socket.IO server with the page's files whose public channels tell of made-up
 * trades and levels, as docs/protocol.md says, at a rate that is chosen, and wrongly where a test asks for that.
 */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Socket as Client, Server } from "socket.io";
import { page, type RequestHandler } from "../../src/market-data-notifier/connections/page.js";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { SyntheticAccount } from "./synthetic-account.js";

const OPEN = { asset: "BTC-USD", state: "open", sinceUs: null, madeBy: null, why: null };
const HALTED = { asset: "KCN-EUR", state: "halted", sinceUs: 1, madeBy: "alice", why: "a test" };

interface Asked {
  readonly channel: string;
  readonly asset?: string;
  readonly interval?: string;
}

type Level = [price: string, quantity: string];

const ASSET = "BTC-USD";
const MIDDLE_TICKS = 6_400_000;
const LEVELS = 600;
/** Levels around the best ones that change. */
const LIVELY_LEVELS = 40;
const CHECKED_LEVELS = 10;
const STEP_MS = 10;
/** Of a thousand updates so many are of each of these channels; the others are of the book. */
const PER_MILLE = { trades: 250, candles: 50, ticker: 50, account: 10 };
const MINUTE_MS = 60_000;
const HISTORY = 500;

export class SyntheticMarket {
  readonly #http: HttpServer;
  readonly #io: Server;
  /** In lots by ticks. */
  readonly #book = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  #timer: NodeJS.Timeout | undefined;
  #lastTrades: object[] = [];
  #sequence = 1;
  #tradeId = 1_000;
  #seed = 1;
  #isSilent = false;
  #fault: "checksum" | "gap" | null = null;
  #sent = 0;
  readonly #account: SyntheticAccount | null;

  private constructor(http: HttpServer, account: SyntheticAccount | null) {
    this.#http = http;
    this.#account = account;
    this.#io = new Server(http, { serveClient: false });
    this.#io.on("connection", (client) => this.#welcome(client));
    for (let place = 0; place < LEVELS; place++) {
      this.#book.bids.set(MIDDLE_TICKS - 1 - place * 7, this.#draw(50_000) + 1);
      this.#book.asks.set(MIDDLE_TICKS + 1 + place * 7, this.#draw(50_000) + 1);
    }
  }

  /** `updatesPerSecond`: packets of all channels together. `account`: whoever logs in has it, and a gateway. */
  static async start(updatesPerSecond: number, account: SyntheticAccount | null = null): Promise<SyntheticMarket> {
    const { assets } = loadAssets(join(projectRoot, "config", "assets.json"));
    let serve: RequestHandler = () => undefined;
    const http = createServer((request, response) => serve(request, response));
    const market = new SyntheticMarket(http, account);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const pageGateway = account === null ? "" : new URL(market.url).origin;
    const files = page({ assets, production: true, pageGateway });
    serve = (request, response) => {
      if (account?.handle(request, response) !== true) files(request, response);
    };
    market.#run(updatesPerSecond);
    return market;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`;
  }

  /** Packets so far. */
  get sent(): number {
    return this.#sent;
  }

  /** The next update of the book is told wrongly. */
  tellWrongly(fault: "checksum" | "gap"): void {
    this.#fault = fault;
  }

  /** Connections stay, and nothing is said or answered. */
  setSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#io.close();
  }

  #run(updatesPerSecond: number): void {
    const startedMs = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1_000) * updatesPerSecond;
      for (; this.#sent < due; this.#sent++) if (!this.#isSilent) this.#tell();
    }, STEP_MS);
  }

  #welcome(client: Client): void {
    client.use(([event, request, answer]) => {
      if (this.#isSilent) return;
      const answerWith = typeof request === "function" ? request : answer;
      if (event !== "subscribe") answerWith?.({ ok: event === "unsubscribe" });
      else this.#subscribe(client, request, answerWith);
    });
  }

  #subscribe(client: Client, request: Asked & { from?: number }, answerWith: (answer: object) => void): void {
    const own = this.#account?.answer(request.channel, request.from ?? Number.MAX_SAFE_INTEGER) ?? null;
    if (own === null) {
      answerWith(this.#answer(client, request));
      return;
    }
    void client.join(request.channel);
    answerWith({ ok: true, ...own.answer });
    if (own.reports.length > 0) client.emit(request.channel, { reports: own.reports });
  }

  #answer(client: Client, { channel, asset, interval }: Asked): object {
    const answers: Readonly<Record<string, () => object>> = {
      trades: () => ({ asset, trades: asset === ASSET ? this.#lastTrades : [] }),
      depth: () => this.#snapshot(asset),
      candles: () => ({ asset, interval, candles: this.#history() }),
      ticker: () => ({ asset, ...(asset === ASSET ? this.#ticker() : {}) }),
      status: () => ({ statuses: [OPEN, HALTED] }),
    };
    const make = answers[channel];
    if (make === undefined) return { ok: false, code: "UNKNOWN_COMMAND", text: `there is no channel ${channel} here` };
    void client.join(`${channel}:${asset ?? ""}`);
    return { ok: true, ...make() };
  }

  #tell(): void {
    const draw = this.#draw(1_000);
    if (draw < PER_MILLE.trades) {
      this.#lastTrades = [this.#trade()];
      this.#send("trades", { trades: this.#lastTrades });
    } else if (draw < PER_MILLE.trades + PER_MILLE.candles)
      this.#send("candles", { interval: "1m", ...this.#candle(Date.now()), closed: false });
    else if (draw < PER_MILLE.trades + PER_MILLE.candles + PER_MILLE.ticker) this.#send("ticker", this.#ticker());
    else if (this.#account !== null && draw >= 1_000 - PER_MILLE.account) this.#tellOwner(this.#account);
    else this.#send("depth", this.#change());
  }

  #tellOwner(account: SyntheticAccount): void {
    this.#io.to("orders").emit("orders", { reports: [account.nextReport()] });
    this.#io.to("balances").emit("balances", account.balance());
  }

  #send(channel: string, payload: object): void {
    this.#io.to(`${channel}:${ASSET}`).emit(channel, { asset: ASSET, ...payload });
  }

  #change(): object {
    const isBid = this.#draw(2) === 0;
    const ticks = MIDDLE_TICKS + (isBid ? -1 : 1) * (1 + this.#draw(LIVELY_LEVELS));
    const lots = this.#draw(4) === 0 ? 0 : this.#draw(50_000) + 1;
    const side = isBid ? this.#book.bids : this.#book.asks;
    if (lots === 0) side.delete(ticks);
    else side.set(ticks, lots);
    const level = levelOf([ticks, lots]);
    const fault = this.#fault;
    this.#fault = null;
    const previousSequence = this.#sequence + (fault === "gap" ? 1 : 0);
    this.#sequence += 3;
    return {
      previousSequence,
      sequence: this.#sequence,
      bids: isBid ? [level] : [],
      asks: isBid ? [] : [level],
      checksum: this.#checksum() ^ (fault === "checksum" ? 1 : 0),
    };
  }

  #snapshot(asset: string | undefined): object {
    if (asset !== ASSET) return { sequence: 0, bids: [], asks: [], checksum: 0 };
    const { bids, asks } = this.#sorted();
    return { sequence: this.#sequence, bids: bids.map(levelOf), asks: asks.map(levelOf), checksum: this.#checksum() };
  }

  #sorted() {
    const { bids, asks } = this.#book;
    return { bids: [...bids].sort(([a], [b]) => b - a), asks: [...asks].sort(([a], [b]) => a - b) };
  }

  /** Every tick counts as one, and every lot: their texts without point and leading zeros are the numbers. */
  #checksum(): number {
    const { bids, asks } = this.#sorted();
    return crc32([...asks.slice(0, CHECKED_LEVELS), ...bids.slice(0, CHECKED_LEVELS)].flat().join(""));
  }

  #trade(): object {
    const ticks = MIDDLE_TICKS + this.#draw(200) - 100;
    const [price, quantity] = levelOf([ticks, this.#draw(9_000) + 1]);
    const takerSide = this.#draw(2) === 0 ? "buy" : "sell";
    return { tradeId: ++this.#tradeId, price, quantity, takerSide, executedAtUs: Date.now() * 1_000 };
  }

  #ticker(): object {
    const last = ((MIDDLE_TICKS + this.#draw(200) - 100) / 100).toFixed(2);
    return { last, open: "63000.00", high: "64100.00", low: "62900.00", volume: String(this.#draw(9_000)) };
  }

  #history(): object[] {
    const nowMs = Date.now();
    return Array.from({ length: HISTORY }, (_, place) => {
      const back = HISTORY - 1 - place;
      return { ...this.#candle(nowMs - back * MINUTE_MS), closed: back > 0 };
    });
  }

  #candle(atMs: number): object {
    const at = () => ((MIDDLE_TICKS + this.#draw(400) - 200) / 100).toFixed(2);
    const [a, b, c, d] = [at(), at(), at(), at()].sort() as [string, string, string, string];
    const [open, close] = this.#draw(2) === 0 ? [b, c] : [c, b];
    return { openAtMs: atMs - (atMs % MINUTE_MS), open, close, high: d, low: a, volume: String(this.#draw(50)) };
  }

  /** A whole number below `below`, the same ones in each run. */
  #draw(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * below);
  }
}

function levelOf([ticks, lots]: [number, number]): Level {
  return [(ticks / 100).toFixed(2), (lots / 10_000).toFixed(4)];
}
