import { type Static, type TObject, Type } from "@sinclair/typebox";
import { AccountStore } from "../shared/channels/account-store.js";
import {
  type Account,
  accountsAfter,
  balancesOf,
  findAccount,
  findCustomer,
  keysOf,
  lastEntriesOf,
  openOrdersOf,
} from "../shared/operators/accounts.js";
import { changeAccount, createAccount } from "../shared/operators/acts.js";
import type { DeskPlugin } from "./context.js";
import { ACCOUNT_PATH, act, done, following, LIMIT, NEXT, query, TEXT_OR_NULL, TIME, TIME_OR_NULL } from "./schemas.js";

const SHOWN_MAX = 100;

const ACCOUNT_FIELDS = {
  accountId: Type.Integer(),
  account: Type.String(),
  kind: Type.String({ description: "customer or exchange" }),
  status: Type.String({ description: "open, suspended or closed" }),
  createdAt: TIME,
};
const ACCOUNTS = Type.Object({ accounts: Type.Array(Type.Object(ACCOUNT_FIELDS)), next: NEXT });
const BALANCE = Type.Object({ currency: Type.String(), available: Type.String(), held: Type.String() });
const KEY = Type.Object({
  keyId: Type.String(),
  role: Type.String(),
  status: Type.String({ description: "good, revoked or expired" }),
  createdAt: TIME,
  expiresAt: TIME_OR_NULL,
});
const OPEN_ORDER = Type.Object({
  asset: Type.String(),
  orderId: Type.Integer(),
  clientOrderId: TEXT_OR_NULL,
  side: Type.String(),
  type: Type.String(),
  status: Type.String(),
  price: TEXT_OR_NULL,
  quantity: TEXT_OR_NULL,
  filled: Type.String(),
});
const ENTRY = Type.Object({
  at: TIME,
  kind: Type.String(),
  source: Type.String(),
  sequence: Type.Integer(),
  currency: Type.String(),
  available: Type.String(),
  held: Type.String(),
});
const DETAIL = Type.Object({
  ...ACCOUNT_FIELDS,
  balances: Type.Array(BALANCE),
  keys: Type.Array(KEY),
  openOrders: Type.Array(OPEN_ORDER, { description: `the first ${SHOWN_MAX}` }),
  lastEntries: Type.Array(ENTRY, { description: `of the ledger, the newest ${SHOWN_MAX} first` }),
});
const HISTORY = query({ limit: LIMIT, next: NEXT });
const NEW_ACCOUNT = act({ account: Type.String({ maxLength: 32 }) });
const MADE_ACCOUNT = done({ account: Type.String() });
const CHANGED_ACCOUNT = done({ account: Type.String(), status: Type.String() });
const CHANGED_ALL = done({ status: Type.String() });
/** Rows as the gateway shows them to their owner (docs/openapi.json). */
const ROW = Type.Unsafe<object>({ type: "object", additionalProperties: true });

const CHANGES = { suspend: "suspended", resume: "open", close: "closed" } as const;
const WHAT = {
  suspend: "No more orders; open ones are cancelled",
  resume: "It may trade again",
  close: "Suspended for ever; what it has can be withdrawn",
};

export const accounts: DeskPlugin = (server, { database, config, operatorsOnly: preValidation, acts }) => {
  const tags = ["accounts"];
  const own = new AccountStore(database, config.registry.assets);

  server.get(
    "/api/accounts",
    {
      preValidation,
      schema: {
        tags,
        summary: "All accounts, in the order in which they were made",
        querystring: query({ prefix: Type.Optional(Type.String({ maxLength: 32 })), limit: LIMIT, next: NEXT }),
        response: { 200: ACCOUNTS },
      },
    },
    async (request): Promise<Static<typeof ACCOUNTS>> => {
      const { prefix = "", limit = 100, next: after = 0 } = request.query;
      const found = await accountsAfter(database, { prefix, limit, after });
      return { accounts: found, ...following(found, limit, ({ accountId }) => accountId) };
    },
  );

  server.post(
    "/api/accounts",
    { preValidation, schema: { tags, summary: "A new account", body: NEW_ACCOUNT, response: { 200: MADE_ACCOUNT } } },
    async (request): Promise<Static<typeof MADE_ACCOUNT>> => {
      const { account, why } = request.body;
      const { isRepeated } = await acts.perform(request, why, (by) => createAccount(account, by));
      return { isRepeated, account };
    },
  );

  server.get(
    "/api/accounts/:account",
    {
      preValidation,
      schema: {
        tags,
        summary: "Balances, keys, open orders, last entries",
        params: ACCOUNT_PATH,
        response: { 200: DETAIL },
      },
    },
    async (request): Promise<Static<typeof DETAIL>> => {
      const account = await findAccount(database, request.params.account);
      const { accountId } = account;
      const [balances, keys, openOrders, lastEntries] = await Promise.all([
        balancesOf(database, accountId),
        keysOf(database, accountId),
        openOrdersOf(database, accountId, SHOWN_MAX),
        lastEntriesOf(database, accountId, SHOWN_MAX),
      ]);
      return { ...account, balances, keys, openOrders, lastEntries };
    },
  );

  type Asked = { readonly before: number | undefined; readonly asset: null; readonly limit: number };
  type Answer = { readonly items: readonly object[]; readonly next: number | null };
  const history = (
    what: "orders" | "trades",
    summary: string,
    read: (of: Account, asked: Asked) => Promise<Answer>,
  ) => {
    const response: TObject = Type.Object({ [what]: Type.Array(ROW), next: NEXT });
    server.get(
      `/api/accounts/:account/${what}`,
      {
        preValidation,
        schema: { tags, summary, params: ACCOUNT_PATH, querystring: HISTORY, response: { 200: response } },
      },
      async (request) => {
        const { limit = 100, next: before } = request.query;
        const account = await findAccount(database, request.params.account);
        const { items, next } = await read(account, { before, limit, asset: null });
        return { [what]: items, ...(next !== null && { next }) };
      },
    );
  };
  const summary = "the newest first; a page may be short, or empty, while there is a next one";
  history("orders", `Orders of every state, ${summary}`, (of, asked) => own.orders(of.accountId, asked));
  history("trades", `Trades, ${summary}`, (of, asked) => own.fills(of.accountId, asked));

  for (const change of ["suspend", "resume", "close"] as const)
    server.post(
      `/api/accounts/:account/${change}`,
      {
        preValidation,
        schema: {
          tags,
          summary: WHAT[change],
          params: ACCOUNT_PATH,
          body: act({}),
          response: { 200: CHANGED_ACCOUNT },
        },
      },
      async (request): Promise<Static<typeof CHANGED_ACCOUNT>> => {
        const { account: name } = request.params;
        const changed = async (by: { actor: string; why: string }) =>
          changeAccount(change, await findCustomer(database, name), by);
        const { isRepeated } = await acts.perform(request, request.body.why, changed);
        return { isRepeated, account: name, status: CHANGES[change] };
      },
    );

  for (const change of ["suspend", "resume"] as const)
    server.post(
      `/api/everybody/${change}`,
      {
        preValidation,
        schema: {
          tags,
          summary: `${WHAT[change]}: all customers, but who was suspended by name, and who has an operator's key`,
          body: act({}),
          response: { 200: CHANGED_ALL },
        },
      },
      async (request): Promise<Static<typeof CHANGED_ALL>> => {
        const { isRepeated } = await acts.perform(request, request.body.why, (by) => changeAccount(change, null, by));
        return { isRepeated, status: CHANGES[change] };
      },
    );
};
