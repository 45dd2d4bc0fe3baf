/** Keys that act without Ctrl or Alt, while nobody is writing in a field. The help overlay shows this list. */
export const HOTKEYS = [
  { key: "b", action: "buy", says: "Buy: go to the order form" },
  { key: "s", action: "sell", says: "Sell: go to the order form" },
  { key: "p", action: "best price", says: "Fill in the best price of the other side" },
  { key: "c", action: "cancel all", says: "Cancel all orders; asks first" },
  { key: "o", action: "orders", says: "Go to the open orders" },
  { key: "a", action: "alarm", says: "Set an alarm on a price" },
  { key: "?", action: "help", says: "Show or close this help" },
] as const;

export type HotkeyAction = (typeof HOTKEYS)[number]["action"];

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  /** Whether what has the focus takes text, or a choice. */
  readonly isWriting: boolean;
}

/** Null: it is for somebody else. */
export function actionOf({ key, ctrlKey, altKey, metaKey, isWriting }: Pressed): HotkeyAction | null {
  if (ctrlKey || altKey || metaKey || isWriting) return null;
  return HOTKEYS.find((hotkey) => hotkey.key === key.toLowerCase())?.action ?? null;
}
