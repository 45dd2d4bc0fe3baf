import {
  auditOf,
  balancesOf,
  findAccount,
  findCustomer,
  keysOf,
  lastEntriesOf,
  listAccounts,
  openOrdersOf,
} from "../shared/operators/accounts.js";
import { changeAccount, createAccount, perform } from "../shared/operators/acts.js";
import { textOption, WrongOption, whole } from "../shared/process/options.js";
import { type Call, NEEDED_WHY, type Outcome, type Program, table, timeText, WHY } from "./command-line.js";
import { createKey, revokeKey } from "./keys.js";
import { transfer } from "./money.js";
import { transferCommands } from "./transfer-program.js";

const SHOWN_MAX = 20;
const AUDIT_SHOWN = 50;

const REFERENCE = textOption("--reference <text>", "the same reference is booked once; default: a random one");
const ALL = textOption("--all", "every customer's account");
const LIMIT = textOption("--limit <rows>", "how many; default: 50").argParser(whole({ to: 10_000 }));

export const ACCOUNT: Program = {
  name: "account",
  summary: "Accounts, their keys and their money. Everything that changes something is written into the audit.",
  commands: [
    { usage: "list", summary: "all accounts", options: [], run: list },
    { usage: "show <account>", summary: "balances, keys, open orders, last entries", options: [], run: show },
    { usage: "create <account>", summary: "a new account, without keys", options: [WHY], run: create },
    {
      usage: "key <account>",
      summary: "a new key; its secret is shown once",
      options: [
        textOption("--role <role>", "what it may: trade (default), read or operator"),
        textOption("--expires <time>", "such as 90d, 12h or 2027-01-31; default: never"),
        textOption("--id <key>", "its name; default: the account's, and a random end"),
        textOption("--public-key <file>", "an Ed25519 public key in PEM: requests are signed with its private key"),
        WHY,
      ],
      run: createKey,
    },
    {
      usage: "revoke <key>",
      summary: "a key is good no more; its sessions end",
      options: [NEEDED_WHY],
      run: revokeKey,
    },
    {
      usage: "deposit <account> <amount> <currency>",
      summary: "money comes in, once for each reference",
      options: [REFERENCE, WHY],
      run: (call) => transfer("deposit", call),
    },
    {
      usage: "withdraw <account> <amount> <currency>",
      summary: "money goes out",
      options: [REFERENCE, WHY],
      run: (call) => transfer("withdrawal", call),
    },
    ...transferCommands(REFERENCE),
    {
      usage: "suspend [account]",
      summary: "no more orders, and open ones are cancelled",
      options: [ALL, NEEDED_WHY],
      run: (call) => change("suspend", call),
    },
    {
      usage: "resume [account]",
      summary: "it may trade again; --all leaves who was suspended by name",
      options: [ALL, NEEDED_WHY],
      run: (call) => change("resume", call),
    },
    {
      usage: "close <account>",
      summary: "suspended for ever; what it has can be withdrawn",
      options: [NEEDED_WHY],
      run: (call) => change("close", call),
    },
    {
      usage: "audit [account]",
      summary: "who did what, when and why, the newest first",
      options: [LIMIT],
      run: audit,
    },
  ],
  examples: [
    "create alice",
    "key alice --role trade --expires 90d",
    "deposit alice 1000.00 USD --reference wire-4711",
    'suspend alice --why "orders look automated and wrong"',
    'suspend --all --why "price feed is broken"',
    "audit alice --json",
  ],
};

async function list({ database }: Call): Promise<Outcome> {
  const accounts = await listAccounts(database);
  const rows = accounts.map(({ account, status, kind, createdAt }) => [account, status, kind, timeText(createdAt)]);
  return { text: table([["account", "status", "kind", "created"], ...rows]), json: { accounts } };
}

async function create({ database, actor, words, options }: Call): Promise<Outcome> {
  const [name = ""] = words;
  const [made] = await perform(database, createAccount(name, { actor, why: options.why ?? "" }));
  return {
    text: `${name} is created; npm run account -- key ${name} gives it a key`,
    json: { account: name, accountId: made?.["accountId"] },
  };
}

const CHANGED = {
  suspend: "suspended: no orders from now on, open ones are being cancelled",
  resume: "resumed: orders are taken again within a second",
  close: "closed for good: no orders, no deposits; what is left can be withdrawn",
};

async function change(kind: keyof typeof CHANGED, { database, actor, words, options }: Call): Promise<Outcome> {
  const [name] = words;
  const isAll = options.all === true;
  if (isAll === (name !== undefined)) throw new WrongOption(`${kind} takes an account or --all, one of them`);
  const account = name === undefined ? null : await findCustomer(database, name);
  await perform(database, changeAccount(kind, account, { actor, why: options.why ?? "" }));
  const who = name ?? "every customer's account";
  return { text: `${who} is ${CHANGED[kind]}`, json: { account: name ?? null, all: isAll, done: kind } };
}

async function show({ database, words }: Call): Promise<Outcome> {
  const account = await findAccount(database, words[0] ?? "");
  const { accountId } = account;
  const balances = await balancesOf(database, accountId);
  const keys = await keysOf(database, accountId);
  const openOrders = await openOrdersOf(database, accountId, SHOWN_MAX);
  const lastEntries = await lastEntriesOf(database, accountId, SHOWN_MAX);
  const part = (title: string, head: readonly string[], rows: readonly (readonly (string | null)[])[]) =>
    rows.length === 0
      ? `no ${title}`
      : `${title}\n${table([head, ...rows.map((row) => row.map((cell) => cell ?? "-"))].map((row) => ["", ...row]))}`;
  const text = [
    `${account.account} is ${account.status} (${account.kind}, id ${accountId}, since ${timeText(account.createdAt)})`,
    part(
      "balances",
      ["currency", "available", "held"],
      balances.map((row) => [row.currency, row.available, row.held]),
    ),
    part(
      "keys",
      ["key", "role", "status", "expires"],
      keys.map((row) => [row.keyId, row.role, row.status, row.expiresAt && timeText(row.expiresAt)]),
    ),
    part(
      "open orders",
      ["asset", "order", "id", "side", "type", "price", "quantity", "filled", "status"],
      openOrders.map((row) => [
        row.asset,
        String(row.orderId),
        row.clientOrderId,
        row.side,
        row.type,
        row.price,
        row.quantity,
        row.filled,
        row.status,
      ]),
    ),
    part(
      "last entries",
      ["at", "kind", "source", "sequence", "currency", "available", "held"],
      lastEntries.map((row) => [
        timeText(row.at),
        row.kind,
        row.source,
        String(row.sequence),
        row.currency,
        row.available,
        row.held,
      ]),
    ),
  ];
  return { text: text.join("\n\n"), json: { ...account, balances, keys, openOrders, lastEntries } };
}

async function audit({ database, words, options }: Call): Promise<Outcome> {
  const [name] = words;
  const account = name === undefined ? null : await findAccount(database, name);
  const actions = await auditOf(database, account?.accountId ?? null, options.limit ?? AUDIT_SHOWN);
  const rows = actions.map((row) => [
    timeText(row.madeAt),
    row.madeBy,
    row.kind,
    row.account ?? "-",
    row.about ?? "-",
    row.why,
  ]);
  const text = rows.length === 0 ? "nothing" : table([["at", "by", "what", "account", "about", "why"], ...rows]);
  return { text, json: { actions } };
}
