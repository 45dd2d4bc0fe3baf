import { CodecError } from "./errors.js";
import { TEXT_BYTES_MAX } from "./event-layout.js";

/** Writes a row's text; returns its length. Throws a CodecError if it is too long, or not ASCII. */
export function writeAscii(text: string, bytes: Uint8Array): number {
  if (text.length > TEXT_BYTES_MAX) throw new CodecError(`a text of ${text.length} characters does not fit into a row`);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) throw new CodecError("a row holds ASCII text only");
    bytes[at] = code;
  }
  return text.length;
}
