/**
 * Order ids as UUIDs, for systems whose clients expect them: version 8 (RFC 9562, "custom"), with the CRC-32 of the asset's name
 * first and the order id, 53 bits, last. Pure.
 */
import { crc32 } from "../../shared/domain/crc32.js";
import { type OrderId, orderId } from "../../shared/domain/units.js";

export interface NamedOrder {
  readonly asset: string;
  readonly orderId: OrderId;
}

const UUID = /^([0-9a-f]{8})-0000-8000-80([0-9a-f]{2})-([0-9a-f]{12})$/;
const LOW = 2 ** 48;

export function orderUuid(asset: string, id: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return `${hex(crc32(asset), 8)}-0000-8000-80${hex(Math.floor(id / LOW), 2)}-${hex(id % LOW, 12)}`;
}

/** Null: no order of these assets has it. */
export function orderOfUuid(text: string, assets: Iterable<string>): NamedOrder | null {
  const [, name = "", high = "", low = ""] = UUID.exec(text.toLowerCase()) ?? [];
  const id = Number.parseInt(high, 16) * LOW + Number.parseInt(low, 16);
  if (!Number.isSafeInteger(id) || id === 0) return null;
  for (const asset of assets) if (crc32(asset) === Number.parseInt(name, 16)) return { asset, orderId: orderId(id) };
  return null;
}
