import type { PagedList } from "../model/paged-list.js";
import { RowName, ScrollTable } from "./scroll-table.js";

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Shows what there is to a row, which its name then opens. */
  readonly look?: (row: Row) => void;
}

/** Rows as they are, the first column naming its row. */
export function DataTable<Row>({ caption, columns, rows, keyOf, look }: DataTableProps<Row>) {
  const [first, ...others] = columns;
  return (
    <ScrollTable caption={caption} titles={columns.map(({ title }) => title)}>
      {rows.map((row) => (
        <tr key={keyOf(row)}>
          <th scope="row">
            <RowName name={first?.text(row) ?? ""} {...(look && { look: () => look(row) })} />
          </th>
          {others.map(({ title, text }) => (
            <td key={title}>{text(row)}</td>
          ))}
        </tr>
      ))}
    </ScrollTable>
  );
}

interface ListFootProps<Item> {
  readonly list: PagedList<Item>;
  readonly empty: string;
  /** Makes a file of everything that the list has. */
  readonly save: () => Promise<void>;
}

/** What is to be said below a list that comes in pages. */
export function ListFoot<Item>({ list, empty, save }: ListFootProps<Item>) {
  const isEmpty = list.hasMore.value === false && list.items.value.length === 0;
  return (
    <div class="buttons">
      <p class="hint">{list.isReading.value ? "Reading…" : isEmpty ? empty : ""}</p>
      <p class="problem" role="alert">
        {list.problem}
      </p>
      <button type="button" onClick={() => void list.begin()}>
        Read again
      </button>
      {list.hasMore.value === true && (
        <button type="button" onClick={() => void list.more()}>
          Older ones
        </button>
      )}
      <button type="button" onClick={() => void save()}>
        Save as CSV
      </button>
    </div>
  );
}

/** Gives the browser a file to save. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
