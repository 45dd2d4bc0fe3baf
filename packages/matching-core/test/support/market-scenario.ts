import type { SelfTradePrevention } from "@bourse/matching-core";
import { expect } from "chai";
import { ENGINES } from "./engines.js";
import { linesOf, playScript, SCRIPT_OPTIONS } from "./market-script.js";

/** A test for each engine that plays `given` and then `script` (test/support/market-script.ts) and expects what they say. */
export function scenario(title: string, given: string, script: string, mode: SelfTradePrevention = "none"): void {
  const whole = `${given}\n${script}`;
  for (const [name, create] of ENGINES)
    it(`${title} (${name})`, () => {
      expect(playScript(whole, create(SCRIPT_OPTIONS), mode)).to.equal(linesOf(whole).join("\n"));
    });
}

export const EMPTY = "";

/** Mia's market: five bids, four asks, two orders at three of the prices; order 0 is gone again. */
export const LADDER = `
  tom/0 sells 13@81600
  cancel 0 > canceled
  mia/1 sells 100@81600
  mia/2 sells 50@81599
  mia/3 sells 25@81599
  mia/8 sells 28@201000
  mia/9 sells 32@201000
  mia/10 sells 10@200954
  mia/4 buys 40@81593
  mia/5 buys 20@81590
  mia/6 buys 1@81590
  mia/7 buys 20@81200
  mia/11 buys 12@10000
  mia/12 buys 1@10000
  mia/13 buys 2@9136
  book 81593:40 81590:21 81200:20 10000:13 9136:2 | 81599:75 81600:100 200954:10 201000:60
`;

/** Two lots at every ten: bids from 90 down, asks from 100 up. */
export const STAIRS = `
  mm/buy-50 buys 2@50
  mm/buy-60 buys 2@60
  mm/buy-70 buys 2@70
  mm/buy-80 buys 2@80
  mm/buy-90 buys 2@90
  mm/sell-100 sells 2@100
  mm/sell-110 sells 2@110
  mm/sell-120 sells 2@120
  mm/sell-130 sells 2@130
  mm/sell-140 sells 2@140
`;
