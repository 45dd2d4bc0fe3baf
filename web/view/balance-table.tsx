import type { Page } from "../model/page.js";
import { ScrollTable } from "./scroll-table.js";

export function BalanceTable({ page }: { readonly page: Page }) {
  return (
    <ScrollTable caption="Balances by currency" isCaptionUnseen titles={["Currency", "Available", "Held"]}>
      {page.balances.rows.value.map((row) => (
        <tr key={row.currency}>
          <th scope="row">{row.currency}</th>
          <td>{row.available}</td>
          <td>{row.held}</td>
        </tr>
      ))}
    </ScrollTable>
  );
}
