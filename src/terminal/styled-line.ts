/** Lines of a screen: pieces of text with a style each, cut and filled to a width. Pure. */
export type Style = "plain" | "strong" | "dim" | "up" | "down" | "alert";

export interface Piece {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Piece[];

/** ECMA-48, Select Graphic Rendition. What a colour says, the text says, too. */
const CODES: Readonly<Record<Style, { readonly coloured: string; readonly mono: string }>> = {
  plain: { coloured: "", mono: "" },
  strong: { coloured: "1", mono: "1" },
  dim: { coloured: "2", mono: "" },
  up: { coloured: "32", mono: "" },
  down: { coloured: "31", mono: "" },
  alert: { coloured: "1;33", mono: "7" },
};

export function line(text: string, style: Style = "plain"): Line {
  return [{ text, style }];
}

export function widthOf(pieces: Line): number {
  return pieces.reduce((width, { text }) => width + text.length, 0);
}

/** Cut to the width, the cut marked with "…", or filled with spaces. */
export function fitted(pieces: Line, width: number): Line {
  const fill = width - widthOf(pieces);
  if (fill >= 0) return fill === 0 ? pieces : [...pieces, { text: " ".repeat(fill), style: "plain" }];
  const kept: Piece[] = [];
  let left = width - 1;
  for (const { text, style } of pieces) {
    if (left <= 0) break;
    kept.push({ text: text.slice(0, left), style });
    left -= text.length;
  }
  return width <= 0 ? [] : [...kept, { text: "…", style: "dim" }];
}

/** Two blocks next to each other, the left one as wide as is said. */
export function beside(left: readonly Line[], leftWidth: number, right: readonly Line[]): Line[] {
  const rows = Math.max(left.length, right.length);
  return Array.from({ length: rows }, (_, row) => [...fitted(left[row] ?? [], leftWidth), ...(right[row] ?? [])]);
}

export function plainText(pieces: Line): string {
  return pieces.map(({ text }) => text).join("");
}

/** With the escape sequences of its styles. */
export function styledText(pieces: Line, isColoured: boolean): string {
  return pieces
    .map(({ text, style }) => {
      const code = CODES[style][isColoured ? "coloured" : "mono"];
      return code === "" ? text : `\x1b[${code}m${text}\x1b[0m`;
    })
    .join("");
}
