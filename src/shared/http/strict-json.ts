/**
 * JSON bodies that mean one thing only. What JSON.parse takes in silence is refused: a field that is there twice (the last one
 * would win). A number with a fraction or an exponent, or one that JavaScript can't hold exactly, comes as its own text, so that
 * amounts are judged by what the client wrote.
 */
import { refuse } from "../domain/rejects.js";
import { Problem } from "./problem.js";

const DEPTH_MAX = 16;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]/g;

/** Throws a Problem. */
export function parseStrictJson(text: string): unknown {
  try {
    return JSON.parse(withNumbersAsText(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Problem(refuse("MALFORMED_MESSAGE", `the body is not JSON: ${error.message.slice(0, 100)}`));
  }
}

/** Looks at keys and numbers; JSON.parse, which reads the rest, says whether it is JSON at all. */
function withNumbersAsText(text: string): string {
  /** The fields of each object that is open; null: an array. */
  const open: (Set<string> | null)[] = [];
  let isKey = false;
  return text.replace(TOKEN, (token) => {
    const fields = open.at(-1) ?? null;
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      if (open.length > DEPTH_MAX)
        throw new Problem(refuse("MALFORMED_MESSAGE", `the body is nested deeper than ${DEPTH_MAX} levels`));
      isKey = token === "{";
    } else if (token === "}" || token === "]") {
      open.pop();
      isKey = false;
    } else if (token === ",") isKey = fields !== null;
    else if (token === ":") isKey = false;
    else if (token.startsWith('"')) {
      if (isKey && fields !== null) noteField(fields, token);
    } else if (NUMBER.test(token) && (/[.eE]/.test(token) || !Number.isSafeInteger(Number(token)))) return `"${token}"`;
    return token;
  });
}

function noteField(fields: Set<string>, token: string): void {
  const field = JSON.parse(token) as string;
  if (fields.has(field))
    throw new Problem(refuse("UNSUPPORTED_COMBINATION", `the field ${field.slice(0, 100)} is there twice`), { field });
  fields.add(field);
}
