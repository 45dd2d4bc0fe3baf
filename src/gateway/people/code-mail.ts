/** What is written to somebody who asked for a code. Pure. */
import { CODE_MINUTES } from "./codes.js";
import type { Mail } from "./mailer.js";

export function codeMail(to: string, code: string): Mail {
  const text = [
    `Your code for signing in is ${code}. It is good once, for ${CODE_MINUTES} minutes.`,
    "Nobody of us will ever ask you for it. If you did not ask for it, somebody has typed your address: nothing has happened.",
  ];
  return { to, subject: "Your code for signing in", text: `${text.join("\n\n")}\n` };
}
