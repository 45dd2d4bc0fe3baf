import { useState } from "preact/hooks";
import { ActForm } from "./act-form.js";
import type { Api } from "./api.js";
import { useLook } from "./looked-at.js";
import { type Column, PagedTable, plain, Table, time } from "./paged-table.js";

const linkTo = (name: string) => `#account/${encodeURIComponent(name)}`;
const ACCOUNTS: Column[] = [
  { head: "account", cell: ({ account }) => <a href={linkTo(account)}>{account}</a> },
  ...plain("status", "kind"),
  time("createdAt", "since"),
];

export function AccountsView({ api }: { readonly api: Api }) {
  const [version, setVersion] = useState(0);
  const [prefix, setPrefix] = useState("");
  const again = () => setVersion(version + 1);
  const path = `/api/accounts?limit=50&prefix=${encodeURIComponent(prefix)}`;
  return (
    <>
      <label>
        Find accounts whose name begins with
        <input type="search" value={prefix} onInput={(event) => setPrefix(event.currentTarget.value)} maxLength={32} />
      </label>
      <PagedTable api={api} title="Accounts" path={path} list="accounts" columns={ACCOUNTS} version={version} />
      <div class="forms">
        <ActForm
          api={api}
          title="New account"
          button="Make it"
          path="/api/accounts"
          fields={[{ name: "account", label: "Name" }]}
          onDone={again}
        />
        <ActForm
          api={api}
          title="Everybody"
          button="Do it to everybody"
          path={({ change }) => `/api/everybody/${change}`}
          fields={[{ name: "change", label: "What", choices: ["suspend", "resume"] }]}
          inPath={["change"]}
          onDone={again}
        />
      </div>
    </>
  );
}

const ORDERS = plain(
  "asset",
  "orderId: order",
  "side",
  "type",
  "price",
  "quantity",
  "filledQuantity: filled",
  "status",
);
const TRADES = plain(
  "asset",
  "tradeId: trade",
  "side",
  "lastPrice: price",
  "lastQuantity: quantity",
  "liquidity",
  "fee",
);

export function AccountView({ api, account }: { readonly api: Api; readonly account: string }) {
  const [version, setVersion] = useState(0);
  const path = `/api/accounts/${encodeURIComponent(account)}`;
  const { answer, problem } = useLook(api, path, { version });
  const again = () => setVersion(version + 1);
  if (answer === null) return <p role="status">{problem ?? "looking …"}</p>;
  const good = answer.keys.filter(({ status }: { status: string }) => status === "good");
  return (
    <>
      <h2>
        {account} is {answer.status} ({answer.kind})
      </h2>
      <div class="forms">
        <ActForm
          api={api}
          title="Change the account"
          button="Change it"
          path={({ change }) => `${path}/${change}`}
          fields={[{ name: "change", label: "What", choices: ["suspend", "resume", "close"] }]}
          inPath={["change"]}
          onDone={again}
        />
        <ActForm
          api={api}
          title="New key"
          button="Make a key"
          path={`${path}/keys`}
          fields={[
            { name: "role", label: "Role", choices: ["trade", "read", "operator"] },
            { name: "expiresInDays", label: "Days until it expires", isOptional: true },
          ]}
          said={({ keyId, secret }) => (
            <>
              Key <code>{keyId}</code>, secret <code>{secret}</code>: it is shown this once.
            </>
          )}
          onDone={again}
        />
        {good.length > 0 && (
          <ActForm
            api={api}
            title="Revoke a key"
            button="Revoke it"
            path={({ keyId }) => `/api/keys/${keyId}/revoke`}
            fields={[{ name: "keyId", label: "Key", choices: good.map(({ keyId }: { keyId: string }) => keyId) }]}
            inPath={["keyId"]}
            onDone={again}
          />
        )}
      </div>
      <Table title="Balances" columns={plain("currency", "available", "held")} rows={answer.balances} />
      <Table
        title="Open orders"
        columns={plain("asset", "orderId: order", "side", "type", "price", "quantity", "filled", "status")}
        rows={answer.openOrders}
      />
      <Table
        title="Keys"
        columns={[...plain("keyId: key", "role", "status"), time("createdAt", "since"), time("expiresAt", "until")]}
        rows={answer.keys}
      />
      <PagedTable api={api} title="Orders" path={`${path}/orders`} list="orders" columns={ORDERS} />
      <PagedTable api={api} title="Trades" path={`${path}/trades`} list="trades" columns={TRADES} />
      <Table
        title="Last entries"
        columns={[time("at", "at"), ...plain("kind", "source", "sequence", "currency", "available", "held")]}
        rows={answer.lastEntries}
      />
    </>
  );
}
