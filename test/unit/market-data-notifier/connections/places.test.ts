import { expect } from "chai";
import { Places } from "../../../../src/market-data-notifier/connections/places.js";

/** Connections that say when they are closed. */
class Stage {
  readonly closed: string[] = [];
  readonly places: Places;

  constructor(connectionsMax: number, connectionsPerAddressMax: number) {
    this.places = new Places({ connectionsMax, connectionsPerAddressMax });
  }

  /** Null: it was let in. */
  connect(name: string, { settles = false } = {}): string | null {
    const address = name[0] ?? "";
    const problem = this.places.makeRoom(address);
    if (problem !== null) return problem;
    const place = this.places.take(address, () => {
      this.closed.push(name);
      place.leave();
    });
    if (settles) place.settle();
    return null;
  }
}

describe("the places of connections", () => {
  it("are all that there are, once everybody is subscribed to something", () => {
    const stage = new Stage(3, 3);
    for (const name of ["a1", "b1", "c1"]) expect(stage.connect(name, { settles: true })).to.equal(null);
    expect(stage.connect("d1")).to.equal("BUSY: 3 connections are open");
    expect(stage.closed).to.deep.equal([]);
  });

  it("are not all taken by one address", () => {
    const stage = new Stage(10, 2);
    for (const name of ["a1", "a2"]) stage.connect(name, { settles: true });
    expect(stage.connect("a3")).to.equal("BUSY: 2 connections are open from your address");
    expect(stage.connect("b1")).to.equal(null);
  });

  it("of those who want nothing go to the next who comes, the oldest first", () => {
    const stage = new Stage(10, 3);
    stage.connect("a1", { settles: true });
    for (const name of ["a2", "a3", "a4", "a5"]) expect(stage.connect(name)).to.equal(null);
    expect(stage.closed).to.deep.equal(["a2", "a3"]);
  });

  it("are taken from the address that has most of those who want nothing", () => {
    const stage = new Stage(4, 4);
    for (const name of ["b1", "a1", "a2", "a3"]) stage.connect(name);
    expect(stage.connect("c1")).to.equal(null);
    expect(stage.closed).to.deep.equal(["a1"]);
  });

  it("are free again when a connection ends", () => {
    const { places } = new Stage(1, 1);
    for (let round = 0; round < 3; round++) {
      expect(places.makeRoom("a")).to.equal(null);
      const place = places.take("a", () => undefined);
      place.settle();
      expect(places.makeRoom("a")).to.be.a("string");
      place.leave();
    }
  });
});
