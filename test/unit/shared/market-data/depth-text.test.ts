import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { crc32 } from "../../../../src/shared/domain/crc32.js";
import { checksumOf, levelText } from "../../../../src/shared/market-data/depth-text.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { TEST_ASSET } from "../../../support/test-asset.js";

describe("the text of depth", () => {
  it("has all decimals, however large the quantity, and 0 for what is gone", () => {
    expect(levelText([6_400_010, 500], TEST_ASSET)).to.deep.equal(["64000.10", "0.500"]);
    expect(levelText([1, 2n ** 60n], TEST_ASSET)).to.deep.equal(["0.01", "1152921504606846.976"]);
    expect(levelText([1, 0], TEST_ASSET)).to.deep.equal(["0.01", "0"]);
  });

  it("has the CRC-32 that everybody has", () => {
    expect(crc32("123456789")).to.equal(0xcbf43926);
    expect(crc32("")).to.equal(0);
  });

  it("has the checksum that docs/protocol.md works out", () => {
    const asks = [
      ["64000.10", "0.5000"],
      ["64001.00", "1.2000"],
    ] as const;
    const checksum = checksumOf([["63999.90", "0.0300"]], asks);
    expect(readFileSync(join(projectRoot, "docs/protocol.md"), "utf8")).to.contain(
      `\n${checksum}. [examples/book.mjs]`,
    );
  });

  it("counts the best ten of each side, asks first", () => {
    const levels = Array.from({ length: 12 }, (_, at) => [`${at + 1}.5`, "0.010"] as const);
    const digits = Array.from({ length: 10 }, (_, at) => `${at + 1}510`).join("");
    expect(checksumOf([], levels)).to.equal(crc32(digits));
    expect(checksumOf(levels, [["0.05", "2.000"]])).to.equal(crc32(`52000${digits}`));
  });
});
