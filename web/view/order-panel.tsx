import type { Desk } from "../model/desk.js";
import type { OrderForm } from "../model/order-form.js";
import type { Page } from "../model/page.js";
import type { SentOrder } from "../model/requests.js";
import {
  type Draft,
  type Field as FieldName,
  fieldsOf,
  KINDS,
  SELF_TRADES,
  spends,
  TIMES_IN_FORCE,
  timeInForceOf,
} from "../state/order-draft.js";
import { Choice, Field, Switches } from "./field.js";
import { Panel } from "./panel.js";

const KIND_WORDS = { limit: "Limit", market: "Market", stop_limit: "Stop limit", stop_market: "Stop" };
const PERCENTS = [25, 50, 75, 100];

/** The first field of the order form, where hotkeys lead. */
export const ORDER_FIELD_ID = "order-amount";

interface DeskProps {
  readonly page: Page;
  readonly desk: Desk;
}

/** Writes an order: what it costs is said before it is sent, and what is wrong beside its field. */
export function OrderPanel({ page, desk }: DeskProps) {
  const { form } = desk;
  const asset = page.asset.value;
  if (asset === null) return null;
  const draft = form.draft.value;
  const fields = fieldsOf(draft);
  const problem = (field: FieldName | "") => form.problems.value.get(field) ?? "";
  const amount = spends(draft) ? "quoteBudget" : "quantity";
  const field = (
    name: Exclude<FieldName, "timeInForce" | "expiresAtMs" | "postOnly" | "selfTradePrevention">,
    label: string,
  ) =>
    fields.has(name) && (
      <Field
        id={name === amount ? ORDER_FIELD_ID : `order-${name}`}
        label={label}
        problem={problem(name)}
        value={draft[name]}
        inputMode="decimal"
        onText={(text) => form.set({ [name]: text })}
      />
    );
  const verb = draft.side === "buy" ? "Buy" : "Sell";
  return (
    <Panel name="order" title={`Order · ${asset.name}`}>
      <form
        class="order-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit();
        }}
      >
        <Switches
          legend="Side"
          value={draft.side}
          options={[
            ["buy", "Buy"],
            ["sell", "Sell"],
          ]}
          onChoice={(side) => form.set({ side })}
        />
        <Switches
          legend="Kind of order"
          value={draft.kind}
          options={KINDS.map((kind) => [kind, KIND_WORDS[kind]] as const)}
          onChoice={(kind) => form.set({ kind })}
        />
        {draft.kind === "market" && draft.side === "buy" && (
          <Switches
            legend="Say how much"
            value={draft.by}
            options={[
              ["quantity", `In ${asset.base}`],
              ["amount", `In ${asset.quote}`],
            ]}
            onChoice={(by) => form.set({ by })}
          />
        )}
        {field("quoteBudget", `Spend (${asset.quote})`)}
        {field("quantity", `Quantity (${asset.base})`)}
        <fieldset class="buttons">
          <legend class="unseen">Part of the balance</legend>
          {PERCENTS.map((percent) => (
            <button key={percent} type="button" onClick={() => form.fillPart(percent)}>
              {percent} %
            </button>
          ))}
          {fields.has("price") && (
            <button type="button" onClick={() => form.fillBest()}>
              Best price
            </button>
          )}
        </fieldset>
        {field("price", `Price (${asset.quote})`)}
        {field("stopPrice", `Stop price (${asset.quote})`)}
        <More form={form} draft={draft} problem={problem} field={field} />
        <Costs form={form} />
        <p class="problem" role="alert">
          {problem("")}
        </p>
        <button class="send" data-side={draft.side} type="submit" disabled={form.isSending.value}>
          {form.isSending.value ? "Sending…" : `${verb} ${asset.base}`}
        </button>
      </form>
      <SentOrders desk={desk} />
    </Panel>
  );
}

interface MoreProps {
  readonly form: OrderForm;
  readonly draft: Draft;
  readonly problem: (field: FieldName) => string;
  readonly field: (name: "displayQuantity" | "minimumQuantity", label: string) => preact.ComponentChildren;
}

/** Terms that few orders have. */
function More({ form, draft, problem, field }: MoreProps) {
  const fields = fieldsOf(draft);
  const usual = draft.kind === "market" ? "IOC" : "GTC";
  return (
    <>
      <Choice
        id="order-timeInForce"
        label="Time in force"
        problem={problem("timeInForce")}
        value={timeInForceOf(draft)}
        options={[
          ["", `${usual} (usual)`],
          ...TIMES_IN_FORCE[draft.kind].map((word) => [word, TIF_WORDS[word] ?? word] as const),
        ]}
        onChoice={(timeInForce) => form.set({ timeInForce })}
      />
      {fields.has("expiresAtMs") && (
        <Field
          id="order-expiresAt"
          label="Expires at"
          type="datetime-local"
          problem={problem("expiresAtMs")}
          value={draft.expiresAt}
          onText={(expiresAt) => form.set({ expiresAt })}
        />
      )}
      {fields.has("postOnly") && (
        <label class="check">
          <input
            type="checkbox"
            checked={draft.postOnly}
            onChange={(event) => form.set({ postOnly: event.currentTarget.checked })}
          />
          Post only: never trades at once
        </label>
      )}
      <details>
        <summary>Iceberg, minimum, self-trades</summary>
        {field("displayQuantity", "Show only (iceberg)")}
        {field("minimumQuantity", "Trade at once at least")}
        <Choice
          id="order-selfTradePrevention"
          label="When it meets an own order"
          problem={problem("selfTradePrevention")}
          value={draft.selfTradePrevention}
          options={[
            ["", "cancel the newest (usual)"],
            ...SELF_TRADES.map((word) => [word, word.replaceAll("_", " ")] as const),
          ]}
          onChoice={(selfTradePrevention) => form.set({ selfTradePrevention })}
        />
      </details>
    </>
  );
}

const TIF_WORDS: Readonly<Record<string, string>> = {
  GTC: "GTC, until cancelled",
  IOC: "IOC, at once or not",
  FOK: "FOK, all at once or nothing",
  GTD: "GTD, until a time",
};

const VERDICTS = { "": "", checking: "Asking the exchange…", valid: "The exchange would take it", refused: "" };

/** Always there, so that nothing below moves more than its lines do. */
function Costs({ form }: { readonly form: OrderForm }) {
  const cost = form.cost.value;
  return (
    <div class="costs" role="status">
      {cost?.lines.map((line) => (
        <p key={line} class={cost.isCovered ? "hint" : "hint short"}>
          {line}
        </p>
      ))}
      <p class="hint">{VERDICTS[form.verdict.value]}</p>
    </div>
  );
}

function SentOrders({ desk: { requests } }: { readonly desk: Desk }) {
  return (
    <ul class="sent" aria-label="Orders that were sent from here">
      {requests.sent.value.map((order) => (
        <SentLine key={order.clientOrderId} order={order} again={() => void requests.placeAgain(order)} />
      ))}
    </ul>
  );
}

function SentLine({ order, again }: { readonly order: SentOrder; readonly again: () => void }) {
  const sent = order.sent.value;
  return (
    <li data-kind={sent.kind}>
      {order.words}: <span role="status">{sent.kind === "sending" ? "on its way…" : sent.text}</span>
      {sent.kind === "open" && (
        <button type="button" onClick={again}>
          Send again
        </button>
      )}
    </li>
  );
}
