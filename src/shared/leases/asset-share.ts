/** The assets that a process works on, by its leases (leases.ts) or fixed. */

/** The share of one process. */
export interface AssetShare {
  /** Assets that this process works on now. */
  assets(): ReadonlySet<string>;
  /** Assets that another process will take as soon as the stage has let go of them. */
  leaving(): ReadonlySet<string>;
  /** The stage calls it when it has let go of an asset that was leaving. */
  letGo(asset: string): void;
  /** Calls the listener when `assets` has changed, and so also when an asset begins to leave. */
  onChange(listener: () => void): void;
}

/** The share of a process that follows engines of others, too (standbys). */
export interface FollowedShare extends AssetShare {
  /** Assets that this process follows, because it is the next to take them. */
  followed(): ReadonlySet<string>;
  /** Whether another process follows this asset. */
  isFollowed(asset: string): boolean;
  /** Tells the process that works on the asset that its follower came to different events. */
  doubt(asset: string, why: string): void;
  /** A doubt of another process about an asset of this one; each is returned once. */
  takeDoubt(): Doubt | null;
}

export interface Doubt {
  readonly asset: string;
  readonly why: string;
}

/** A share of always the same assets, for a process that shares with no other. */
export function fixedShare(assets: readonly string[]): FollowedShare {
  const all = new Set(assets);
  const none = new Set<string>();
  const nobody = { followed: () => none, isFollowed: () => false, doubt: () => undefined, takeDoubt: () => null };
  return { assets: () => all, leaving: () => none, ...nobody, letGo: () => undefined, onChange: () => undefined };
}
