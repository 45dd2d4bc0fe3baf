import { type Signal, signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";
import type { Desk } from "../model/desk.js";
import type { OrderRow } from "../model/orders.js";
import type { Page } from "../model/page.js";
import type { PagedList } from "../model/paged-list.js";
import { csvOf } from "../state/ledger-lines.js";
import { problemText } from "../state/problem.js";
import { type Column, DataTable, ListFoot, saveFile } from "./data-table.js";
import { Switches } from "./field.js";
import { FILL_COLUMNS, ORDER_COLUMNS, orderKey, reportKey } from "./order-columns.js";
import { OrderDetailView } from "./order-detail.js";
import { OlderOrders, OrderTable } from "./order-table.js";
import { Panel } from "./panel.js";

type View = "live" | "all" | "fills";

const view: Signal<View> = signal("live");
/** The terms that are being written for an order, and why they were not taken. */
interface Edit {
  readonly key: string;
  readonly quantity: string;
  readonly price: string;
  readonly problem: string;
}

const edited: Signal<Edit | null> = signal(null);
const isAskingForAll = signal(false);

/** Where a hotkey leads. */
export const ORDERS_ID = "orders-title";

interface DeskProps {
  readonly page: Page;
  readonly desk: Desk;
}

/** Asks first, as the button does. */
export function askToCancelAll(): void {
  view.value = "live";
  isAskingForAll.value = true;
}

export function OrdersPanel({ page, desk }: DeskProps) {
  const controls = (
    <Switches
      legend="Which orders"
      value={view.value}
      options={[
        ["live", "Live"],
        ["all", "All orders"],
        ["fills", "Fills"],
      ]}
      onChoice={(choice) => {
        view.value = choice;
        if (choice !== "live") void (choice === "all" ? desk.history : desk.fills).begin();
      }}
    />
  );
  const look = lookingAt(desk);
  return (
    <Panel name="orders" title="Own orders" state={page.orders.state} controls={controls}>
      {view.value === "live" && <LiveOrders page={page} desk={desk} />}
      {view.value === "all" && (
        <History title="All orders" list={desk.history} columns={ORDER_COLUMNS} keyOf={orderKey} look={look} />
      )}
      {view.value === "fills" && (
        <History title="Fills" list={desk.fills} columns={FILL_COLUMNS} keyOf={reportKey} look={look} />
      )}
      <OrderDetailView detail={desk.detail} />
    </Panel>
  );
}

/** Opens the order of a row; rows of requests that named none that exists have none. */
function lookingAt({ detail }: Desk) {
  return ({ asset, orderId = 0 }: Pick<ReportJson, "asset" | "orderId">) => {
    if (orderId > 0) void detail.look({ asset, orderId });
  };
}

function LiveOrders({ page, desk }: DeskProps) {
  const { requests } = desk;
  const look = lookingAt(desk);
  return (
    <>
      <p class="problem" role="alert">
        {requests.problem}
      </p>
      <OrderTable
        rows={page.orders.open}
        caption="Open orders, newest first"
        empty="No order is open."
        look={look}
        actions={(row) => <Actions row={row} desk={desk} />}
      />
      <OlderOrders page={page} />
      <CancelAll page={page} desk={desk} />
      <OrderTable
        rows={page.orders.ended}
        caption="Ended orders, newest first"
        empty="No order has ended yet."
        look={look}
      />
    </>
  );
}

function CancelAll({ page, desk: { requests } }: DeskProps) {
  const asset = page.asset.value?.name ?? null;
  const total = page.orders.openTotal.value;
  const act = (which: string | null) => {
    isAskingForAll.value = false;
    void requests.cancelAll(which);
  };
  if (total === 0 && !isAskingForAll.value) return null;
  if (!isAskingForAll.value)
    return (
      <button type="button" onClick={() => askToCancelAll()}>
        Cancel all orders…
      </button>
    );
  return (
    <fieldset class="buttons">
      <legend>{`Cancel ${total} open orders?`}</legend>
      <button type="button" onClick={() => act(null)}>
        Yes, all
      </button>
      {asset !== null && (
        <button type="button" onClick={() => act(asset)}>
          Those of {asset}
        </button>
      )}
      <button
        type="button"
        onClick={() => {
          isAskingForAll.value = false;
        }}
      >
        No
      </button>
    </fieldset>
  );
}

function Actions({ row, desk: { requests } }: { readonly row: OrderRow; readonly desk: Desk }) {
  const underWay = requests.underWay.value.get(row.key);
  if (underWay !== undefined) return <span role="status">{underWay}</span>;
  if (edited.value?.key === row.key) return <EditForm edit={edited.value} row={row} requests={requests} />;
  const { price, quantity = "" } = row.order.value;
  const name = `${row.asset} ${row.orderId}`;
  return (
    <span class="buttons">
      {price !== undefined && (
        <button
          type="button"
          aria-label={`Edit ${name}`}
          onClick={() => {
            edited.value = { key: row.key, quantity, price, problem: "" };
          }}
        >
          Edit
        </button>
      )}
      <button type="button" aria-label={`Cancel ${name}`} onClick={() => void requests.cancel(row.order.value)}>
        Cancel
      </button>
    </span>
  );
}

interface EditFormProps {
  readonly edit: Edit;
  readonly row: OrderRow;
  readonly requests: Desk["requests"];
}

/** In its row: Enter sends, Escape leaves it as it was; what was not taken can be written anew. */
function EditForm({ edit, row, requests }: EditFormProps) {
  const first = useRef<HTMLInputElement>(null);
  // With the form, not after the next frame: by then somebody may be typing in another field.
  useLayoutEffect(() => first.current?.select(), []);
  const name = `${row.asset} ${row.orderId}`;
  const leave = () => {
    edited.value = null;
  };
  const send = async (quantity: string, price: string) => {
    leave();
    const problem = await requests.replace(row.order.peek(), quantity, price);
    if (problem !== null && edited.value === null)
      edited.value = { key: row.key, quantity, price, problem: problemText(problem) };
  };
  return (
    <form
      class="buttons edit"
      onSubmit={(event) => {
        event.preventDefault();
        const fields = new FormData(event.currentTarget);
        void send(String(fields.get("quantity")), String(fields.get("price")));
      }}
      onKeyDown={(event) => event.key === "Escape" && leave()}
    >
      <input
        ref={first}
        name="quantity"
        aria-label={`Quantity of ${name}`}
        defaultValue={edit.quantity}
        inputMode="decimal"
      />
      <input name="price" aria-label={`Price of ${name}`} defaultValue={edit.price} inputMode="decimal" />
      <button type="submit">Save</button>
      <button type="button" onClick={leave}>
        Leave
      </button>
      <p class="problem" role="alert">
        {edit.problem}
      </p>
    </form>
  );
}

interface HistoryProps {
  readonly title: string;
  readonly list: PagedList<ReportJson>;
  readonly columns: readonly Column<ReportJson>[];
  readonly keyOf: (row: ReportJson) => string;
  readonly look: (row: ReportJson) => void;
}

function History({ title, list, columns, keyOf, look }: HistoryProps) {
  const save = async () => {
    const rows = await list.all();
    const head = columns.map((column) => column.title);
    saveFile(
      `${title.toLowerCase()}.csv`,
      csvOf(
        head,
        rows.map((row) => columns.map(({ text }) => text(row).replaceAll(",", ""))),
      ),
    );
  };
  return (
    <>
      <DataTable
        caption={`${title}, newest first`}
        columns={columns}
        rows={list.items.value}
        keyOf={keyOf}
        look={look}
      />
      <ListFoot list={list} empty="There are none yet." save={save} />
    </>
  );
}
