import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { decodeMessage, encodeMessage } from "../../src/shared/wire/protobuf.js";

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: true;
  /** Whose certificates are trusted, in PEM; undefined: the usual ones. */
  readonly ca?: Buffer;
}

/** The connection ended before the answer came: what became of the request is unknown. */
export class SessionLost extends Error {
  override readonly name = "SessionLost";
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A logged-in client. Requests may overlap; answers come in their order. */
abstract class Session<Answer> {
  readonly #socket: Socket;
  readonly #waiting: Waiting<Answer>[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.receive(bytes));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new SessionLost("the connection was closed"));
    });
  }

  protected abstract receive(bytes: Buffer): void;
  /** Said to a session that has been silent for too long, or has to go for another reason. */
  protected abstract isFarewell(answer: Answer): boolean;

  protected ask(bytes: Uint8Array | string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) return reject(new SessionLost("the connection is closed"));
      this.#waiting.push({ resolve, reject });
      this.#socket.write(bytes);
    });
  }

  protected answered(answer: Answer): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined && this.isFarewell(answer)) return; // "close" follows
    if (waiting === undefined) throw new Error(`an answer to nothing: ${JSON.stringify(answer)}`);
    waiting.resolve(answer);
  }

  get isOpen(): boolean {
    return this.#socket.writable;
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function connected({ host, port, tls, ca }: Address): Promise<Socket> {
  const address = { host, port, noDelay: true };
  const secure = ca === undefined ? address : { ...address, ca };
  const socket = tls === true ? connectTls(secure) : connect(address);
  await once(socket, tls === true ? "secureConnect" : "connect");
  return socket;
}

export class TextSession extends Session<string> {
  #rest = "";

  /** Nobody is logged in yet. */
  static async connect(address: Address): Promise<TextSession> {
    return new TextSession(await connected(address));
  }

  static async open(address: Address, account: string, option = ""): Promise<TextSession> {
    const session = await TextSession.connect(address);
    const answer = await session.request(`LOGIN ${account} ${account} ${option}`);
    if (answer === `OK LOGIN ${account}`) return session;
    session.close();
    throw new SessionLost(answer);
  }

  request(line: string): Promise<string> {
    return this.ask(`${line}\n`);
  }

  protected override isFarewell(answer: string): boolean {
    return /^REJ (1\d\d|305) /.test(answer);
  }

  protected override receive(bytes: Buffer): void {
    const lines = (this.#rest + bytes.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.answered(line);
  }
}

/** ServerMessage of protocol/order-entry.proto, as far as tests look at it. */
export interface ServerMessage {
  readonly requestId: number;
  readonly loginAccepted?: { readonly account: string; readonly assets: readonly { readonly asset: string }[] };
  readonly ack?: { readonly logId: number; readonly clientOrderId: string };
  readonly reject?: { readonly code: number; readonly text: string };
}

export class BinarySession extends Session<ServerMessage> {
  #rest: Buffer = Buffer.alloc(0);
  #requests = 0;

  static async open(address: Address, account: string): Promise<BinarySession> {
    const session = new BinarySession(await connected(address));
    const { loginAccepted } = await session.request({ login: { keyId: account, secret: account } });
    if (loginAccepted?.account === account) return session;
    session.close();
    throw new SessionLost(`no login for ${account}`);
  }

  request(body: object): Promise<ServerMessage> {
    const message = encodeMessage("bourse.v1.ClientMessage", { requestId: ++this.#requests, ...body });
    const frame = Buffer.alloc(4 + message.length);
    frame.writeUInt32BE(message.length);
    frame.set(message, 4);
    return this.ask(frame);
  }

  protected override isFarewell({ reject }: ServerMessage): boolean {
    const code = reject?.code ?? 0;
    return Math.floor(code / 100) === 1 || code === 305;
  }

  protected override receive(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE()) {
      const end = 4 + this.#rest.readUInt32BE();
      this.answered(decodeMessage<ServerMessage>("bourse.v1.ServerMessage", this.#rest.subarray(4, end)));
      this.#rest = this.#rest.subarray(end);
    }
  }
}
