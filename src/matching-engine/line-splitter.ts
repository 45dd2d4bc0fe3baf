/** Cuts text that comes in pieces into lines, LF or CRLF. Of a line that is too long only the beginning is kept. */
export class LineSplitter {
  readonly #lengthMax: number;
  #rest = "";

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** The lines that this piece completes; one above the limit comes out longer than the limit, but cut. */
  push(piece: string): string[] {
    const lines = piece.split("\n");
    lines[0] = this.#rest + (lines[0] ?? "");
    this.#rest = (lines.pop() ?? "").slice(0, this.#lengthMax + 2);
    return lines.map(withoutCarriageReturn);
  }

  /** The last line, if no line end came after it. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [withoutCarriageReturn(rest)];
  }
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
