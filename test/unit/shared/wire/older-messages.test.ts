import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import {
  decodeCommandBatch,
  decodeNotificationBatch,
  decodeOrderBatch,
} from "../../../../src/shared/wire/pipeline-codec.js";

/**
 * Messages as builds of these days wrote them, and what those builds read in them. While services are upgraded one after the other, and
 * from the log after that, the next build reads them, too. A file that is here is never edited.
 */
const FOLDER = join(projectRoot, "test", "unit", "shared", "wire", "messages");

interface Written {
  readonly bytes: string;
  readonly says: unknown;
}

describe("messages of earlier builds", () => {
  for (const file of readdirSync(FOLDER)) {
    const written = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Record<string, Written>;
    const itReads = (what: string, decode: (bytes: Uint8Array) => unknown) =>
      it(`are read as they were meant: ${what} of ${file}`, () => {
        const { bytes = "", says } = written[what] ?? {};
        const read = JSON.parse(JSON.stringify(decode(Buffer.from(bytes, "base64"))));
        expect(withFieldsOf(says, read)).to.deep.equal(says);
      });
    itReads("orders", decodeOrderBatch);
    itReads("commands", decodeCommandBatch);
    itReads("notifications", decodeNotificationBatch);
  }
});

/** Without what a later build knows besides. */
function withFieldsOf(says: unknown, read: unknown): unknown {
  if (Array.isArray(says) && Array.isArray(read)) return read.map((each, index) => withFieldsOf(says[index], each));
  if (typeof says !== "object" || says === null || typeof read !== "object" || read === null) return read;
  const known = Object.entries(read).filter(([field]) => field in says);
  return Object.fromEntries(
    known.map(([field, value]) => [field, withFieldsOf((says as Record<string, unknown>)[field], value)]),
  );
}
