export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...[columns, ...rows].map((cells) => cells[column]?.length ?? 0));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(width(at))).join(" | ")} |`;
  return [line(columns), line(columns.map((_, at) => "-".repeat(width(at)))), ...rows.map(line)].join("\n");
}
