import { expect } from "chai";
import { accountId } from "../../../../src/shared/domain/units.js";
import { FairQueue, type Queued } from "../../../../src/shared/order-entry/fair-queue.js";

interface Item extends Queued {
  readonly name: string;
}

/** a1, a2 … are the account a's. */
function item(name: string, arrivedAtMs = 0): Item {
  return { name, accountId: accountId(name.charCodeAt(0)), arrivedAtMs };
}
function queueOf(sizeMax: number, names: string): FairQueue<Item> {
  const queue = new FairQueue<Item>(sizeMax);
  for (const name of names.split(" ")) queue.put(item(name));
  return queue;
}
const namesOf = (items: readonly Item[]) => items.map(({ name }) => name).join(" ");

describe("the fair queue", () => {
  it("gives who is alone everything, in its order", () => {
    const queue = queueOf(10, "a1 a2 a3 a4");
    expect(namesOf(queue.take(3))).to.equal("a1 a2 a3");
    expect(namesOf(queue.take(3))).to.equal("a4");
    expect(queue.size).to.equal(0);
  });

  it("lets the accounts take turns, whoever has more waiting", () => {
    const queue = queueOf(10, "a1 a2 a3 a4 b1 c1 c2");
    expect(namesOf(queue.take(4))).to.equal("a1 b1 c1 a2");
    expect(namesOf(queue.take(4))).to.equal("c2 a3 a4");
  });

  it("goes on with whose turn it is, also with more accounts than fit into a message", () => {
    const queue = queueOf(20, "a1 a2 b1 b2 c1 c2");
    const taken = [1, 2, 3, 4, 5, 6].map(() => namesOf(queue.take(1)));
    expect(taken).to.deep.equal(["a1", "b1", "c1", "a2", "b2", "c2"]);
  });

  it("has the newest of the longest give way to another account when it is full", () => {
    const queue = queueOf(4, "a1 a2 a3 b1");
    expect(queue.put(item("c1"))?.name).to.equal("a3");
    expect(queue.put(item("b2"))?.name).to.equal("a2");
    expect(queue.size).to.equal(4);
    expect(namesOf(queue.take(9))).to.equal("a1 b1 c1 b2");
  });

  it("turns away what comes from whoever has its share already", () => {
    const queue = queueOf(4, "a1 a2 a3 b1");
    expect(queue.put(item("a4"))?.name).to.equal("a4");
    const equal = queueOf(4, "a1 a2 b1 b2");
    expect(equal.put(item("b3"))?.name).to.equal("b3");
  });

  it("keeps an account's order over many puts and takes", () => {
    const queue = new FairQueue<Item>(100_000);
    const [put, taken]: [string[], string[]] = [[], []];
    for (let round = 0; round < 500; round++) {
      for (let n = 0; n < 7; n++) {
        const name = `a${round}-${n}`;
        put.push(name);
        queue.put(item(name));
      }
      queue.put(item(`b${round}`));
      taken.push(...queue.take(6).map(({ name }) => name));
    }
    taken.push(...queue.take(100_000).map(({ name }) => name));
    expect(taken.filter((name) => name.startsWith("a"))).to.deep.equal(put);
    expect(taken).to.have.length(4_000);
  });

  it("gives out what has waited too long, of every account", () => {
    const queue = new FairQueue<Item>(10);
    for (const [name, atMs] of [
      ["a1", 1],
      ["a2", 5],
      ["b1", 2],
      ["b2", 3],
    ] as const)
      queue.put(item(name, atMs));
    expect(namesOf(queue.takeArrivedBy(3))).to.equal("a1 b1 b2");
    expect(namesOf(queue.take(9))).to.equal("a2");
  });
});
