import { EMPTY, scenario } from "./support/market-scenario.js";

describe("Asset states", () => {
  scenario(
    "cancel_only: nothing but cancels",
    EMPTY,
    `
    ann/1 sells 5@100
    ann/2 sells 5@101
    asset cancel_only
    bob/3 buys 5@100 > rejected (asset_cancel_only)
    replace 1 4@100 > refused (asset_cancel_only)
    cancel 1 > canceled
    cancel all ann > 2: canceled
    asset open
    bob/4 buys 5@100
    book 100:5 |
  `,
  );

  scenario(
    "halted: nothing at all, but for cancel-all, which a dead man's switch sends",
    EMPTY,
    `
    ann/1 sells 5@100
    asset halted
    bob/2 buys 5@100 > rejected (asset_halted)
    replace 1 4@100 > refused (asset_halted)
    cancel 1 > refused (asset_halted)
    cancel all ann > 1: canceled
  `,
  );

  scenario(
    "halted: orders expire",
    EMPTY,
    `
    1 sells 5@100 until=1000
    asset halted
    clock 1000 > 1: expired
  `,
  );
});
