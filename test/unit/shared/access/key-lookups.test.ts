import { expect } from "chai";
import type { FoundKey } from "../../../../src/shared/access/authentication.js";
import { KeyLookups } from "../../../../src/shared/access/key-lookups.js";

/** Notes what it is asked for, and answers when it is let. */
class SlowTable {
  readonly asked: (readonly string[])[] = [];
  answer: () => void = () => undefined;
  isFailing = false;

  read = async (keyIds: readonly string[]): Promise<FoundKey[]> => {
    this.asked.push(keyIds);
    await new Promise<void>((resolve) => {
      this.answer = resolve;
    });
    if (this.isFailing) throw new Error("Postgres is away");
    return keyIds.filter((keyId) => keyId !== "nobody").map((keyId) => ({ keyId }) as FoundKey);
  };
}

describe("key lookups", () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it("ask once for all who came while the last answer was on its way, and once for each key", async () => {
    const table = new SlowTable();
    const lookups = new KeyLookups(table.read);
    const found = ["a", "b", "nobody", "b"].map((keyId) => lookups.find(keyId));
    table.answer();
    await settled();
    table.answer();
    expect((await Promise.all(found)).map((key) => key?.keyId)).to.deep.equal(["a", "b", undefined, "b"]);
    expect(table.asked).to.deep.equal([["a"], ["b", "nobody"]]);
  });

  it("ask for no text that can't be a key id", async () => {
    const table = new SlowTable();
    const lookups = new KeyLookups(table.read);
    for (const text of ["a\0b", "", "a b", "ä", "x".repeat(65)]) expect(await lookups.find(text)).to.equal(null);
    expect(table.asked).to.deep.equal([]);
  });

  it("fail with the query, and only those who waited for it", async () => {
    const table = new SlowTable();
    const lookups = new KeyLookups(table.read);
    const first = lookups.find("a").then(
      () => "found",
      (error: Error) => error.message,
    );
    const second = lookups.find("b");
    table.isFailing = true;
    table.answer();
    expect(await first).to.equal("Postgres is away");
    table.isFailing = false;
    table.answer();
    expect((await second)?.keyId).to.equal("b");
  });
});
