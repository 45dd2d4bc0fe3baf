/** What the order-handler answers, as both dialects read it. */

/** One answer of the order-handler. */
export interface Response {
  kind: "login" | "ack" | "reject" | "other";
  /** With ack. */
  logId: number;
  /** With reject. */
  code: number;
  text: string;
}

export interface ResponseReader {
  /** Calls back for each whole response in what has come so far, in order. The object is reused. */
  push(bytes: Buffer, onResponse: (response: Response) => void): void;
}
