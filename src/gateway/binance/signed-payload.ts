/** What clients of Binance's dialect sign. Pure. */

export interface SignedPayload {
  /** What the signature is of. */
  readonly payload: string;
  /** Null: there is none. */
  readonly signature: string | null;
}

/**
 * Of a REST request: the query string and then the body, as they were sent, without the pair `signature=…`. Nothing stands
 * between the two.
 */
export function payloadOfRequest(query: string, body: string): SignedPayload {
  const [ofQuery, ofBody] = [withoutSignature(query), withoutSignature(body)];
  return { payload: ofQuery.payload + ofBody.payload, signature: ofQuery.signature ?? ofBody.signature };
}

/** Of a WebSocket request: the parameters but the signature, by name, as `name=value` with & between them. */
export function payloadOfParams({ signature, ...params }: Readonly<Record<string, unknown>>): SignedPayload {
  const payload = Object.keys(params)
    .sort()
    .map((name) => `${name}=${textOf(params[name])}`)
    .join("&");
  return { payload, signature: typeof signature === "string" ? signature : null };
}

function withoutSignature(text: string): SignedPayload {
  const pairs = text.split("&");
  const signature = pairs.find((pair) => pair.startsWith("signature="));
  if (signature === undefined) return { payload: text, signature: null };
  const payload = pairs.filter((pair) => pair !== signature).join("&");
  return { payload, signature: decoded(signature.slice("signature=".length)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
