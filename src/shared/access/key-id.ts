const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

export const KEY_ID_RULE = "1 to 64 of the characters A-Z a-z 0-9 _ -";

/** Whether the text can be a key's id. Any other text is a wrong login, and never reaches a query. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}
