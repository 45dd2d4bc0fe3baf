import { expect } from "chai";
import { HeaderWaits } from "../../../src/order-handler/header-waits.js";

describe("connections that wait for their PROXY header", () => {
  const waits = () => new HeaderWaits<string>({ waitingMax: 3, waitingPerAddressMax: 2 });
  const enter = (of: HeaderWaits<string>, ...holders: string[]) =>
    holders.map((holder) => of.enter(holder, holder.slice(0, 1)));

  it("are so many of one proxy; its oldest gives way to the next", () => {
    expect(enter(waits(), "a1", "b1", "a2", "a3")).to.deep.equal([null, null, null, "a1"]);
  });

  it("are so many in all; the oldest gives way to the next", () => {
    expect(enter(waits(), "a1", "b1", "c1", "d1", "c2")).to.deep.equal([null, null, null, "a1", "b1"]);
  });

  it("leave room when their header is there, and may leave twice", () => {
    const of = waits();
    enter(of, "a1", "a2", "b1");
    for (const holder of ["a1", "a1", "b1"]) of.leave(holder);
    expect(enter(of, "a3", "b2", "a4")).to.deep.equal([null, null, "a2"]);
  });

  it("do not keep the address of one proxy that another has left", () => {
    const of = new HeaderWaits<string>({ waitingMax: 1, waitingPerAddressMax: 1 });
    expect(enter(of, "a1", "b1", "a2", "a3")).to.deep.equal([null, "a1", "b1", "a2"]);
  });
});
