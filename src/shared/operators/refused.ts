/** An operator's wish was understood and can't be carried out; the message is one line that says what would be right. */
export class RefusedToOperator extends Error {
  override readonly name = "RefusedToOperator";
  readonly because: "it is wrong" | "there is none" | "of what is";

  /** "of what is": it would be right at another time, or for another. */
  constructor(message: string, because: RefusedToOperator["because"] = "of what is", options: ErrorOptions = {}) {
    super(message, options);
    this.because = because;
  }
}
