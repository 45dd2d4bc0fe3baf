/** E-mail addresses, in the form in which they are compared. Pure. */
import { Type } from "@sinclair/typebox";
import { refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";

export const EMAIL = Type.String({ maxLength: 320, description: "an e-mail address" });

const LENGTH_MAX = 254;
const LOCAL = "[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const PLAIN = new RegExp(`^${LOCAL}@(?:${LABEL}\\.)*${LABEL}$`);

/** Null: it is none. */
export function emailIn(text: string): string | null {
  const email = text.trim().toLowerCase();
  return email.length <= LENGTH_MAX && PLAIN.test(email) ? email : null;
}

/** Throws a Problem. */
export function emailOf({ email: text }: { readonly email: string }): string {
  const email = emailIn(text);
  if (email !== null) return email;
  const problem = refuse("MALFORMED_MESSAGE", "email must be an e-mail address such as ann@example.com");
  throw new Problem(problem, { field: "email", value: text });
}
