/** Views of one list and the acts about it. */
import { useState } from "preact/hooks";
import { ActForm, type Field } from "./act-form.js";
import type { Answer, Api } from "./api.js";
import { useLook } from "./looked-at.js";
import { PagedTable, plain, Table, time } from "./paged-table.js";

interface ViewProps {
  readonly api: Api;
}

export function TransfersView({ api }: ViewProps) {
  const [version, setVersion] = useState(0);
  const again = () => setVersion(version + 1);
  return (
    <>
      <div class="forms">
        <ActForm
          api={api}
          title="Ask for a transfer"
          button="Ask for it"
          path="/api/transfers"
          fields={[
            { name: "kind", label: "Kind", choices: ["deposit", "withdrawal"] },
            { name: "account", label: "Account" },
            { name: "amount", label: "Amount" },
            { name: "currency", label: "Currency" },
            { name: "reference", label: "Reference", isOptional: true },
          ]}
          said={({ requestId }) => `Request ${requestId} waits for a second operator.`}
          onDone={again}
        />
        <ActForm
          api={api}
          title="Decide a request"
          button="Decide it"
          path={({ requestId, decision }) => `/api/transfers/${requestId}/${decision}`}
          fields={[
            { name: "requestId", label: "Request" },
            { name: "decision", label: "Decision", choices: ["approve", "reject"] },
          ]}
          inPath={["requestId", "decision"]}
          said={({ status }) => `It is ${status}.`}
          onDone={again}
        />
      </div>
      <PagedTable
        api={api}
        title="Requests"
        path="/api/transfers"
        list="requests"
        version={version}
        columns={[
          ...plain("requestId: request", "status", "kind", "account", "amount", "currency", "reference"),
          ...plain("requestedBy: asked by", "why", "decidedBy: decided by", "decision"),
          time("requestedAt", "asked at"),
        ]}
      />
    </>
  );
}

const OPTIONAL = { isOptional: true } as const;
const MARKET_FIELDS: readonly Field[] = [
  { name: "asset", label: "Market, such as SOL-USD" },
  { name: "tickSize", label: "Tick" },
  { name: "lotSize", label: "Lot" },
  { name: "makerFeeBps", label: "Maker's fee in basis points", ...OPTIONAL },
  { name: "takerFeeBps", label: "Taker's fee in basis points", ...OPTIONAL },
  { name: "minQuantity", label: "Least quantity", ...OPTIONAL },
  { name: "maxQuantity", label: "Greatest quantity", ...OPTIONAL },
  { name: "minNotional", label: "Least price times quantity", ...OPTIONAL },
  { name: "maxNotional", label: "Greatest price times quantity", ...OPTIONAL },
  { name: "referencePrice", label: "Reference price", ...OPTIONAL },
  { name: "priceCollarPercent", label: "Price collar in percent", ...OPTIONAL },
  { name: "baseDecimals", label: "Decimals of the base currency, if it is new", ...OPTIONAL },
  { name: "quoteDecimals", label: "Decimals of the quote currency, if it is new", ...OPTIONAL },
  { name: "hours", label: "Hours, such as Mon-Fri 09:00-17:30", ...OPTIONAL },
  { name: "zone", label: "Time zone of the hours", ...OPTIONAL },
];
const WHOLE_NUMBERS = ["makerFeeBps", "takerFeeBps", "priceCollarPercent"];

/** What is no number is sent as it was typed: the desk says what is wrong with it. */
function marketBody({ baseDecimals, quoteDecimals, ...typed }: Record<string, unknown>): object {
  const numberOf = (text: unknown) => (/^-?\d+$/.test(String(text)) ? Number(text) : text);
  const terms = Object.entries(typed).map(([name, text]) => [
    name,
    WHOLE_NUMBERS.includes(name) ? numberOf(text) : text,
  ]);
  const names = String(typed["asset"]).split("-");
  const currencies = [baseDecimals, quoteDecimals].flatMap((decimals, place) =>
    decimals === undefined ? [] : [[names[place] ?? "", { decimals: numberOf(decimals) }]],
  );
  return { ...Object.fromEntries(terms), currencies: Object.fromEntries(currencies) };
}

export function AssetsView({ api }: ViewProps) {
  const [version, setVersion] = useState(0);
  const again = () => setVersion(version + 1);
  const { answer, problem } = useLook(api, "/api/assets", { version });
  if (answer === null) return <p role="status">{problem ?? "looking …"}</p>;
  const names: string[] = answer.assets.map(({ asset }: Answer) => asset);
  return (
    <>
      {problem !== null && (
        <p role="alert" class="bad">
          What follows is old: {problem}
        </p>
      )}
      <div class="forms">
        <ActForm
          api={api}
          title="Set a state"
          button="Set it"
          path={({ asset }) => `/api/assets/${asset}/state`}
          fields={[
            { name: "asset", label: "Asset", choices: [...names, "all"] },
            { name: "state", label: "State", choices: ["halted", "cancel_only", "auction", "open"] },
          ]}
          inPath={["asset"]}
          said={({ asset, state }) => `${asset} is ${state} within a second.`}
          onDone={again}
        />
        <ActForm
          api={api}
          title="Set trading hours"
          button="Set them"
          path={({ asset }) => `/api/assets/${asset}/hours`}
          fields={[
            { name: "asset", label: "Asset", choices: names },
            { name: "hours", label: "Hours, such as Mon-Fri 09:00-17:30, or none" },
            { name: "zone", label: "Time zone", isOptional: true },
          ]}
          inPath={["asset"]}
          onDone={again}
        />
        <ActForm
          api={api}
          title="Create a market"
          button="Create it"
          path="/api/assets"
          fields={MARKET_FIELDS}
          bodyFrom={marketBody}
          said={({ asset }) => `${asset} is traded within a few seconds.`}
          onDone={again}
        />
      </div>
      <Table
        title="Assets"
        columns={[...plain("asset", "state"), time("since", "since"), ...plain("why", "hours")]}
        rows={answer.assets}
      />
    </>
  );
}

export function AuditView({ api }: ViewProps) {
  return (
    <>
      <PagedTable
        api={api}
        title="Acts"
        path="/api/actions?limit=50"
        list="actions"
        columns={[
          ...plain("actionId: act"),
          time("madeAt", "at"),
          ...plain("madeBy: by", "kind", "account", "about", "why"),
        ]}
      />
      <PagedTable
        api={api}
        title="Differences"
        path="/api/differences?limit=50"
        list="differences"
        columns={[
          ...plain("what", "rule", "assets"),
          time("firstSeenAt", "first seen"),
          time("resolvedAt", "resolved"),
        ]}
      />
      <PagedTable
        api={api}
        title="Dead letters"
        path="/api/dead-letters"
        list="letters"
        columns={[...plain("place", "service", "asset", "stream", "sequence", "reason"), time("storedAt", "at")]}
      />
    </>
  );
}

export function StoppingView({ api }: ViewProps) {
  const [version, setVersion] = useState(0);
  const { answer } = useLook(api, "/api/kill-switch");
  const again = () => setVersion(version + 1);
  const asset = { name: "asset", label: "Asset (empty: all)", isOptional: true } as const;
  const stops = { name: "stopServices", label: "The services end after it (all assets only)", isBox: true } as const;
  return (
    <>
      <div class="forms">
        <ActForm
          api={api}
          title="Kill switch"
          button="Stop everything"
          path="/api/kill-switch"
          fields={[{ name: "confirm", label: "Type the word" }]}
          said={() => "Everything is stopped."}
          onDone={again}
        >
          <p>
            All assets halt, all customers are suspended, all orders are cancelled. To confirm it, type{" "}
            <strong>{answer?.word}</strong>.
          </p>
        </ActForm>
        <ActForm
          api={api}
          title="Wind down"
          button="Wind down"
          path="/api/wind-downs"
          fields={[asset, { name: "orders", label: "Resting orders", choices: ["keep", "cancel"] }, stops]}
          said={() => "No new orders from now on; it halts when all is settled."}
          onDone={again}
        />
        <ActForm
          api={api}
          title="Shut down at once"
          button="Halt now"
          path="/api/shutdown"
          fields={[asset, stops]}
          said={() => "Halted; resting orders are kept."}
          onDone={again}
        />
      </div>
      <PagedTable
        api={api}
        title="Wind-downs"
        path="/api/wind-downs?limit=20"
        list="windDowns"
        version={version}
        columns={[
          ...plain("windDownId: act", "asset", "orders", "outcome", "madeBy: by", "why"),
          time("begunAt", "begun"),
        ]}
      />
    </>
  );
}

const BOTS_EVERY_MS = 2_000;

export function BotsView({ api }: ViewProps) {
  const { answer, problem } = useLook(api, "/api/bot/status", { everyMs: BOTS_EVERY_MS });
  return (
    <>
      <p role="status">
        {problem ?? (answer === null ? "looking …" : `The bots are ${answer.state}. ${answer.problem ?? ""}`)}
      </p>
      <div class="forms">
        <ActForm
          api={api}
          title="Start or stop the bots"
          button="Do it"
          path={({ change }) => `/api/bot/${change}`}
          fields={[{ name: "change", label: "What", choices: ["start", "stop"] }]}
          inPath={["change"]}
          said={({ state }) => `They are ${state}.`}
        />
      </div>
      <Table title="Positions" columns={plain("bot", "asset", "lots")} rows={answer?.positions ?? []} />
    </>
  );
}
