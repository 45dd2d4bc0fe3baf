import { createEngine, type MarketRules, restoreEngine } from "@bourse/matching-core";
import { expect } from "chai";
import { ENGINES } from "./support/engines.js";
import { linesOf, playScript, withRules } from "./support/market-script.js";

/** What a script comes to where an order may make few events, or an iceberg few slices. */
function limited(title: string, limits: Partial<MarketRules>, script: string): void {
  for (const [name, create] of ENGINES)
    it(`${title} (${name})`, () => {
      expect(playScript(script, create(withRules(limits)))).to.equal(linesOf(script).join("\n"));
    });
}

describe("What one command may make", () => {
  limited(
    "is a number of events: what is then left of the incoming order is canceled",
    { eventsPerCommandMax: 3 },
    `
    ice sells 10@5 shows=1
    a buys 10@5 > 3@5 from ice; canceled (event_budget_spent)
    book | 5:1
    left ice 7
    `,
  );
  limited(
    "is enough for an order that ends with its last event",
    { eventsPerCommandMax: 3 },
    `
    ice sells 10@5 shows=1
    a buys 3@5 > 3@5 from ice
    b buys 1@5 > 1@5 from ice
    `,
  );
  limited(
    "kills a fill-or-kill order that would need more, before it trades",
    { eventsPerCommandMax: 3 },
    `
    ice sells 10@5 shows=1
    a buys 5@5 fok > canceled (fill_or_kill)
    b buys 5@5 min=5 > rejected (minimum_quantity)
    left ice 10
    `,
  );
  limited(
    "leaves the rest of a cascade of stops to the next command, which lets them in before it does anything",
    { eventsPerCommandMax: 5 },
    `
    m1 buys 1@9
    m2 buys 1@8
    m3 buys 1@7
    m4 buys 1@6
    s1 sells 1@market stop=9 > waits
    s2 sells 1@market stop=9 > waits
    s3 sells 1@market stop=9 > waits
    go sells 1@9 > 1@9 from m1; s1: triggered; s1: 1@8 from m2; s2: triggered; s2: 1@7 from m3
    late sells 1@6 > s3: triggered; s3: 1@6 from m4
    book | 6:1
    `,
  );
  limited(
    "opens an asset part by part: it stays in the auction until all is uncrossed",
    { eventsPerCommandMax: 2 },
    `
    asset auction
    b1 buys 1@9
    b2 buys 1@9
    b3 buys 1@9
    s1 sells 1@9
    s2 sells 1@9
    s3 sells 1@9
    asset open > s1: 1@9 from b1; s2: 1@9 from b2
    late sells 1@8 > s3: 1@9 from b3
    next buys 1@8 > 1@8 from late
    `,
  );
  limited(
    "is a number of slices an iceberg, also one that is replaced",
    { displaySlicesMax: 3 },
    `
    a sells 4@5 shows=1 > rejected (too_many_slices)
    b sells 3@5 shows=1
    replace b 4@5 > refused (too_many_slices)
    replace b 2@5 > replaced, keeps its place
    `,
  );

  it("is known to a snapshot taken in the middle of a cascade and of an opening", () => {
    const options = withRules({ eventsPerCommandMax: 1 });
    const crossed = `
      asset auction
      b1 buys 1@9
      b2 buys 1@9
      s1 sells 1@9
      s2 sells 1@9
      asset open > s1: 1@9 from b1`;
    const engine = createEngine(options);
    playScript(crossed, engine);
    const restored = restoreEngine(options, engine.snapshot());
    expect(restored.stateHash()).to.equal(engine.stateHash());
    const clock = { commandSequence: 100, logId: 0, accountId: 0, receivedAtUs: 0, atUs: 0 } as const;
    const next = { ...clock, body: { kind: "advance_clock" } } as unknown as Parameters<typeof engine.apply>[0];
    const events = restored.apply(next);
    expect(events.map(({ body }) => body.kind)).to.deep.equal(["trade", "state_changed"]);
    expect(engine.apply(next)).to.deep.equal(events);
  });
});
