/** The rules about the ledger itself, and between it, the balances and the transfers. */
import type { Comparison } from "./comparison.js";
import { ASSET_UNITS, expectedPostings, HELD_COMMANDS } from "./order-history.js";
import { CLEARING, type Scope } from "./scope.js";

const entryKey = (row: string, other: string) =>
  Object.fromEntries(
    ["source", "kind", "sequence", "account_id", "currency"].map((column) => [
      column,
      `coalesce(${row}.${column}, ${other}.${column})`,
    ]),
  );

/** A rule that the ledger's rows of some kinds are those of `expected` (same columns); a row of zeros may be absent. */
function entries(
  rule: string,
  kinds: string,
  expected: Pick<Comparison, "source" | "sourceKey" | "with"> & { readonly from: string },
): Comparison {
  const on = ["source", "kind", "sequence", "account_id", "currency"]
    .map((column) => `l.${column} = e.${column}`)
    .join(" and ");
  return {
    rule,
    table: "ledger_entries",
    key: entryKey("l", "e"),
    source: expected.source,
    sourceKey: expected.sourceKey,
    columns: {
      available_change: ["coalesce(l.available_change, 0)", "coalesce(e.available_change, 0)"],
      held_change: ["coalesce(l.held_change, 0)", "coalesce(e.held_change, 0)"],
    },
    ...(expected.with === undefined ? {} : { with: expected.with }),
    from: `(select * from ledger_entries where kind in (${kinds})) l full join ${expected.from} e on ${on}`,
  };
}

export const ledgerRules = (scope: Scope): readonly Comparison[] => [
  {
    rule: "the postings of an entry sum to zero in each currency",
    table: "ledger_entries",
    key: { source: "s.source", kind: "s.kind", sequence: "s.sequence", currency: "s.currency" },
    source: "double entry",
    sourceKey: {},
    columns: { amount: ["s.amount", "0"] },
    from: `(select source, kind, sequence, currency, sum(amount) as amount from ledger_entries
      group by source, kind, sequence, currency) s`,
  },
  entries("the entries of a transfer say what the transfer says", "'deposit', 'withdrawal'", {
    source: "transfers",
    sourceKey: { transfer_id: "coalesce(e.sequence, l.sequence)" },
    from: `(select 'transfers' as source, t.kind, t.transfer_id as sequence, p.account_id, t.currency,
        p.units as available_change, 0 as held_change
      from transfers t
      cross join lateral (select case t.kind when 'deposit' then t.units else -t.units end as signed) s
      cross join lateral (values (t.account_id, s.signed), (${CLEARING}, -s.signed)) as p(account_id, units))`,
  }),
  entries("the entry of a hold says what was held for its command", "'hold'", {
    source: "order_log",
    sourceKey: { asset: "coalesce(e.source, l.source)", command_sequence: "coalesce(e.sequence, l.sequence)" },
    with: [ASSET_UNITS, HELD_COMMANDS],
    from: `(select asset as source, 'hold' as kind, command_sequence as sequence, account_id, currency,
        -held_units as available_change, held_units as held_change
      from held_commands c where held_units > 0 and ${scope.holdsCommand("c.asset", "c.command_sequence")})`,
  }),
  entries("the entry of a fill or a release says what follows from the reports", "'trade', 'release'", {
    source: "execution_reports",
    sourceKey: { asset: "coalesce(e.source, l.source)", event_sequence: "coalesce(e.sequence, l.sequence)" },
    with: [...scope.orderHistory, expectedPostings(scope.holdsEvent)],
    from: "expected_postings",
  }),
];

/** Rules about the present balances. */
export const balanceRules = (scope: Scope): readonly Comparison[] => [
  {
    rule: "a balance is the sum of its account's postings",
    table: "balances",
    key: { account_id: "coalesce(b.account_id, s.account_id)", currency: "coalesce(b.currency, s.currency)" },
    source: "ledger_entries",
    sourceKey: { account_id: "s.account_id", currency: "s.currency" },
    columns: {
      available: ["coalesce(b.available, 0)", "coalesce(s.available, 0)"],
      held: ["coalesce(b.held, 0)", "coalesce(s.held, 0)"],
    },
    from: `balances b full join (select * from ${scope.ledgerSums} l where l.account_id <> ${CLEARING}) s
      on s.account_id = b.account_id and s.currency = b.currency`,
  },
  {
    rule: "all balances together are what came in less what went out",
    table: "balances",
    key: { currency: "c.currency" },
    source: "transfers",
    sourceKey: { currency: "c.currency" },
    columns: { "available + held": ["coalesce(b.units, 0)", "coalesce(t.units, 0)"] },
    from: `currencies c
      left join (select currency, sum(available) + sum(held) as units from balances group by currency) b using (currency)
      left join ${scope.transferSums} t using (currency)`,
  },
];

/** Rules for windows only, where the table `postings_beyond` is there. */
export const beyondRules: readonly Comparison[] = [
  {
    rule: "the ledger ends where its services stand",
    table: "ledger_entries",
    key: {
      source: "l.source",
      kind: "l.kind",
      sequence: "l.sequence",
      account_id: "l.account_id",
      currency: "l.currency",
    },
    source: "consumer_positions",
    sourceKey: { asset: "l.source" },
    columns: { exists: ["true", "false"] },
    from: "postings_beyond l",
  },
];
