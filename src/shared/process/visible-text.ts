/** Characters that move the cursor, begin a line, or show text in another order than it has. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text of others, made safe for one line of a terminal: it can't forge another line, or hide a part of its own. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
