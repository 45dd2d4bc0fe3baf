import { io, type Socket } from "socket.io-client";

interface Report {
  readonly accountSequence: number;
  readonly asset: string;
  readonly orderId?: number;
  readonly event: string;
  readonly status: string;
}

export interface ReportWatchOptions {
  readonly notifierUrl: string;
  readonly ca: Buffer | undefined;
  readonly accounts: readonly string[];
  /** A new order was accepted or rejected; the time is when the packet that said so arrived. */
  readonly onPlaced: (report: Report, arrivedMs: number) => void;
  readonly onDone: (accountIndex: number, report: Report) => void;
}

const SUBSCRIBE_TIMEOUT_MS = 10_000;
const DONE = new Set(["filled", "canceled", "rejected", "expired"]);

/** Listens to the accounts' orders and checks that no report is missing or comes twice. */
export class ReportWatch {
  received = 0;
  /** Reports that did not carry the sequence after the one before. */
  outOfSequence = 0;
  readonly #options: ReportWatchOptions;
  readonly #sockets: Socket[] = [];
  /** Why a connection ended that should not have. */
  readonly problems: string[] = [];

  private constructor(options: ReportWatchOptions) {
    this.#options = options;
  }

  static async open(options: ReportWatchOptions): Promise<ReportWatch> {
    const watch = new ReportWatch(options);
    await Promise.all(options.accounts.map((account, accountIndex) => watch.#subscribe(account, accountIndex)));
    return watch;
  }

  close(): void {
    for (const socket of this.#sockets) {
      socket.off("disconnect");
      socket.close();
    }
  }

  async #subscribe(account: string, accountIndex: number): Promise<void> {
    const { notifierUrl, ca } = this.#options;
    const auth = { keyId: account, secret: account };
    const trust = ca === undefined ? {} : { ca: ca.toString() };
    const socket = io(notifierUrl, { auth, transports: ["websocket"], reconnection: false, forceNew: true, ...trust });
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", (cause) =>
        reject(new Error(`${account} can't connect to ${notifierUrl}`, { cause })),
      );
    });
    socket.on("disconnect", (reason) => this.problems.push(`the notifier's connection of ${account} ended: ${reason}`));
    socket.on("lagged", ({ text }: { text: string }) => this.problems.push(`lagged: ${text}`));
    let next = 0;
    socket.on("orders", ({ reports }: { reports: Report[] }) => {
      const arrivedMs = performance.now();
      for (const report of reports) {
        if (report.accountSequence !== next) this.outOfSequence += 1;
        next = report.accountSequence + 1;
        this.#received(accountIndex, report, arrivedMs);
      }
    });
    const answer = await socket.timeout(SUBSCRIBE_TIMEOUT_MS).emitWithAck("subscribe", { channel: "orders" });
    if (!answer.ok) throw new Error(`${account} can't subscribe to orders: ${answer.text}`);
    next = answer.accountSequence + 1;
  }

  #received(accountIndex: number, report: Report, arrivedMs: number): void {
    this.received += 1;
    if (report.event === "accepted" || report.event === "rejected") this.#options.onPlaced(report, arrivedMs);
    if (DONE.has(report.status)) this.#options.onDone(accountIndex, report);
  }
}
