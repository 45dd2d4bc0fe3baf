import type { Asset } from "../../src/shared/domain/assets.js";
import { formatDecimal } from "../../src/shared/domain/decimal.js";
import { BinaryReader, binaryLogin, binaryRequest } from "./binary-dialect.js";
import type { PlannedOrder } from "./order-flow.js";
import type { Response, ResponseReader } from "./response.js";

/** How requests and responses look on the wire. */
export interface Dialect {
  login(keyId: string, secret: string): Buffer;
  request(order: PlannedOrder, clientOrderId: string): Buffer;
  reader(): ResponseReader;
}

export function binaryDialect(assets: readonly Asset[]): Dialect {
  const names = assets.map(({ asset }) => Buffer.from(asset, "latin1"));
  return {
    login: binaryLogin,
    request: (order, clientOrderId) => binaryRequest(order, names[order.assetIndex] as Buffer, clientOrderId),
    reader: () => new BinaryReader(),
  };
}

export function textDialect(assets: readonly Asset[]): Dialect {
  return {
    login: (keyId, secret) => Buffer.from(`LOGIN ${keyId} ${secret}\n`, "latin1"),
    request: (order, clientOrderId) =>
      Buffer.from(textRequest(order, assets[order.assetIndex] as Asset, clientOrderId), "latin1"),
    reader: () => new TextReader(),
  };
}

function textRequest(order: PlannedOrder, { asset, tick, lot }: Asset, clientOrderId: string): string {
  if (order.kind === "cancel") return `CANCEL ${asset} ${order.orderId}\n`;
  const terms = `${formatDecimal(order.quantityLots, lot)} ${formatDecimal(order.priceTicks, tick)}`;
  const id = clientOrderId === "" ? "" : ` id=${clientOrderId}`;
  if (order.kind === "replace") return `REPLACE ${asset} ${order.orderId} ${terms}${id}\n`;
  return `${order.side === "buy" ? "BUY" : "SELL"} ${asset} ${terms}${optionOf(order, tick, lot)}${id}\n`;
}

function optionOf(order: PlannedOrder, tick: Asset["tick"], lot: Asset["lot"]): string {
  if (order.kind === "crossing") return " tif=IOC";
  if (order.kind === "stop") return ` stop=${formatDecimal(order.stopPriceTicks, tick)}`;
  return order.kind === "iceberg" ? ` display=${formatDecimal(order.displayLots, lot)}` : "";
}

class TextReader implements ResponseReader {
  #rest = "";
  readonly #response: Response = { kind: "other", logId: 0, code: 0, text: "" };

  push(bytes: Buffer, onResponse: (response: Response) => void): void {
    const lines = (this.#rest + bytes.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) onResponse(this.#read(line));
  }

  #read(line: string): Response {
    const [verb, first] = line.split(" ", 2);
    this.#response.kind = verb === "ACK" ? "ack" : verb === "REJ" ? "reject" : first === "LOGIN" ? "login" : "other";
    this.#response.logId = verb === "ACK" ? Number(first) : 0;
    this.#response.code = verb === "REJ" ? Number(first) : 0;
    this.#response.text = line;
    return this.#response;
  }
}
