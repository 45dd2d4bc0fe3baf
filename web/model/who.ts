/** Whose account it is: that of a key, or of a person who signed in. */
import type { Key, TokenSource } from "../../src/shared/subscriber/connection.js";

export type Who =
  | { readonly kind: "key"; readonly name: string; readonly key: Key }
  | { readonly kind: "person"; readonly name: string; readonly tokens: TokenSource };
