/** A part of history that is looked at by itself. */

/** What comes after the one, through the other. */
export interface Range {
  readonly after: number;
  readonly through: number;
}

/** Commands and events of an asset; the two need not belong together. */
export interface AssetWindow {
  readonly asset: string;
  readonly commands: Range;
  readonly events: Range;
  /** Those of the events. */
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

/** The part in which the rules find again what they found there. */
export function partAbout(window: Window, asset: string | null): Window {
  if (asset === null) return window;
  return { assets: window.assets.filter((one) => one.asset === asset), transfers: null };
}
