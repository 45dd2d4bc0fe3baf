/** A list of the API as a table, a page after the other. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Answer, Api } from "./api.js";

export interface Column {
  readonly head: string;
  readonly cell: (row: Answer) => ComponentChildren;
}

export interface TableProps {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Answer[];
}

/** Columns that show fields as they are: "account", or "madeBy: by". */
export function plain(...fields: readonly string[]): Column[] {
  return fields.map((field) => {
    const [name = "", head = name] = field.split(": ");
    return { head, cell: (row) => shown(row[name]) };
  });
}

/** A time as people read it, in UTC. */
export function time(name: string, head: string): Column {
  return { head, cell: (row) => (row[name] === null ? "–" : String(row[name]).slice(0, 19).replace("T", " ")) };
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

export function Table({ title, columns, rows }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard
    <section class="scroll" aria-label={title} tabIndex={0}>
      <table>
        <caption>{rows.length === 0 ? `${title}: none` : title}</caption>
        {rows.length > 0 && (
          <thead>
            <tr>
              {columns.map(({ head }) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {columns.map(({ head, cell }) => (
                <td key={head}>{cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export interface PagedTableProps extends Omit<TableProps, "rows"> {
  readonly api: Api;
  readonly path: string;
  /** The field of the answer that has the rows. */
  readonly list: string;
  /** Another value: it is read again, from the first page on. */
  readonly version?: number;
}

export function PagedTable({ api, path, list, title, columns, version = 0 }: PagedTableProps) {
  const [rows, setRows] = useState<readonly Answer[]>([]);
  const [next, setNext] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function read(from: number | null, before: readonly Answer[]): Promise<void> {
    try {
      const query = from === null ? "" : `${path.includes("?") ? "&" : "?"}next=${from}`;
      const answer = await api.get(`${path}${query}`);
      setRows([...before, ...answer[list]]);
      setNext(answer.next ?? null);
      setProblem(null);
    } catch (error) {
      setProblem((error as Error).message);
    }
  }
  useEffect(() => void read(null, []), [path, version]);

  return (
    <>
      {problem !== null && (
        <p role="alert" class="bad">
          {problem}
        </p>
      )}
      <Table title={title} columns={columns} rows={rows} />
      {next !== null && (
        <button type="button" class="plain" onClick={() => void read(next, rows)}>
          More {title.toLowerCase()}
        </button>
      )}
    </>
  );
}
