import { expect } from "chai";
import { StatusScreen } from "../../../src/operator/status-screen.js";

describe("the screen of the status", () => {
  const at = Date.UTC(2026, 0, 1, 12, 30);
  let written = "";
  let isFull = false;
  const terminal = {
    columns: 40,
    rows: 5,
    get writableNeedDrain() {
      return isFull;
    },
    write: (text: string | Uint8Array) => {
      written += text;
      return true;
    },
  };
  beforeEach(() => {
    written = "";
    isFull = false;
  });

  /** What stands on the terminal after the last show. */
  const rows = () =>
    (written.split("\x1b[H").at(-1) ?? "").split("\r\n").map((row) => row.replace("\x1b[K", "").replace("\x1b[J", ""));

  it("shows a text in place of the one before, and leaves the terminal as it was", () => {
    const screen = new StatusScreen(terminal);
    screen.show("all is well", at);
    expect(written).to.satisfy((text: string) => text.startsWith("\x1b[?1049h"));
    screen.show("not all is well", at);
    expect(rows()).to.deep.equal(["bourse at 12:30:00 UTC; Ctrl-C ends", "", "not all is well"]);
    screen.close();
    screen.close();
    expect(written.split("\x1b[?1049l")).to.have.length(2);
  });

  it("cuts what is wider, and says where it is longer", () => {
    new StatusScreen(terminal).show(`${"x".repeat(50)}\n2\n3\n4`, at);
    expect(rows()).to.deep.equal([
      "bourse at 12:30:00 UTC; Ctrl-C ends",
      "",
      `${"x".repeat(39)}…`,
      "2",
      "… make the window larger, or see all of…",
    ]);
  });

  it("waits for a terminal that has not taken the last text", () => {
    isFull = true;
    new StatusScreen(terminal).show("all is well", at);
    expect(written).to.equal("");
  });
});
