/** Windows: parts of history that are looked at by themselves. */

/** The numbers above `after`, up to and with `through`. */
export interface Range {
  readonly after: number;
  readonly through: number;
}

/** Commands and events of an asset; the events need not be those of the commands. */
export interface AssetWindow {
  readonly asset: string;
  readonly commands: Range;
  readonly events: Range;
  /** The trades of the events. */
  readonly trades: Range;
}

export interface AccountWindow {
  readonly accountId: number;
  readonly sequences: Range;
}

export interface Window {
  readonly assets: readonly AssetWindow[];
  readonly transfers: Range | null;
}

export function isEmpty({ assets, transfers }: Window): boolean {
  return assets.length === 0 && (transfers === null || transfers.through <= transfers.after);
}

export function commandsIn({ assets }: Window): number {
  return assets.reduce((sum, { commands }) => sum + commands.through - commands.after, 0);
}

export function eventsIn({ assets }: Window): number {
  return assets.reduce((sum, { events }) => sum + events.through - events.after, 0);
}

/** The part of a window in which a difference about the asset would be found again; null: it is about none. */
export function partAbout(window: Window, asset: string | null): Window {
  if (asset === null) return window;
  return { assets: window.assets.filter((one) => one.asset === asset), transfers: null };
}
