/** Cuts text that comes in pieces into lines that end in LF or CRLF. Of a line above the limit only the beginning is kept. */
export class LineSplitter {
  readonly #lengthMax: number;
  #rest = "";

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** The lines that this piece completes. A line above the limit is cut, but longer than the limit. */
  push(piece: string): string[] {
    const lines = piece.split("\n");
    lines[0] = this.#rest + (lines[0] ?? "");
    this.#rest = (lines.pop() ?? "").slice(0, this.#lengthMax + 2);
    return lines.map(withoutCarriageReturn);
  }

  /** The last line, if it has no line end. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [withoutCarriageReturn(rest)];
  }
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
