import { useLayoutEffect, useRef } from "preact/hooks";
import type { OrderDetail } from "../model/order-detail.js";
import { orderLines, stepLines } from "../state/order-detail.js";
import { DataTable } from "./data-table.js";
import { FILL_COLUMNS, reportKey } from "./order-columns.js";
import { ScrollTable } from "./scroll-table.js";

/** One own order over the page: its terms and state, its fills, and its way through the exchange. */
export function OrderDetailView({ detail }: { readonly detail: OrderDetail }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = detail.name.value;
  const isOpen = name !== null;
  useLayoutEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const order = detail.order.value;
  return (
    <dialog ref={dialog} class="wide" aria-labelledby="detail-title" onClose={() => detail.close()}>
      <h2 id="detail-title">{name === null ? "Order" : `Order ${name.orderId} · ${name.asset}`}</h2>
      <p class="problem" role="alert">
        {detail.problem}
      </p>
      {order === null && <p class="hint">Reading…</p>}
      <dl class="lines">
        {order !== null &&
          orderLines(order).map(([title, words]) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>{words}</dd>
            </div>
          ))}
      </dl>
      {isOpen && <Fills detail={detail} />}
      {isOpen && <Way detail={detail} />}
      <button type="button" onClick={() => detail.close()}>
        Close
      </button>
    </dialog>
  );
}

function Fills({ detail }: { readonly detail: OrderDetail }) {
  const fills = detail.fills.value;
  if (fills.length === 0) return <p class="hint">It has no fill.</p>;
  return <DataTable caption="Its fills, newest first" columns={FILL_COLUMNS.slice(1)} rows={fills} keyOf={reportKey} />;
}

function Way({ detail }: { readonly detail: OrderDetail }) {
  const lines = stepLines(detail.steps.value);
  if (lines.length === 0) return null;
  return (
    <ScrollTable caption="Its way through the exchange" titles={["Step", "At", "Took"]}>
      {lines.map(([step, at, took]) => (
        <tr key={step}>
          <th scope="row">{step}</th>
          <td>{at}</td>
          <td>{took}</td>
        </tr>
      ))}
    </ScrollTable>
  );
}
