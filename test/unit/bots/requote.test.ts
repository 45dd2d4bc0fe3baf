import { expect } from "chai";
import { type Resting, requote } from "../../../src/bots/requote.js";

const wanted = [100, 97, 94].map((priceTicks) => ({ priceTicks, quantityLots: 10 }));
const resting = (...orders: [priceTicks: number, leavesLots: number][]): Resting[] =>
  orders.map(([priceTicks, leavesLots], at) => ({ orderId: at + 1, isBuy: true, priceTicks, leavesLots }));

describe("what a bot does so that its quotes rest", () => {
  it("is to place them all where none rest", () => {
    expect(requote(wanted, [])).to.deep.equal({ cancel: [], place: wanted });
  });

  it("is nothing where those that rest are near enough, whatever their order", () => {
    expect(requote(wanted, resting([94, 10], [101, 9], [97, 12]))).to.deep.equal({ cancel: [], place: [] });
  });

  it("is to replace what is too far away, or eaten by more than half", () => {
    const orders = resting([100, 4], [95, 10], [94, 10]);
    const { cancel, place } = requote(wanted, orders);
    expect(cancel.map(({ orderId }) => orderId)).to.deep.equal([1, 2]);
    expect(place).to.deep.equal([wanted[0], wanted[1]]);
  });

  it("is to cancel all where none are wanted", () => {
    expect(requote([], resting([100, 10])).cancel).to.have.length(1);
  });
});
