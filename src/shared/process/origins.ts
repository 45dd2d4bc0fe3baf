import * as v from "valibot";
import { text } from "./settings.js";

/** The setting of web origins with commas between them, such as https://trade.example; default: none. */
export function origins(variable: string) {
  return v.pipe(
    text(variable, ""),
    v.transform((list) => list.split(",").flatMap((one) => one.trim() || [])),
    v.check(
      (list) => list.every((one) => URL.canParse(one) && new URL(one).origin === one),
      `${variable} must be origins as browsers send them, such as https://trade.example,http://localhost:7002`,
    ),
    v.transform((list): ReadonlySet<string> => new Set(list)),
  );
}
