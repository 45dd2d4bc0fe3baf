/** Which assets this process is to work on, whoever decides that: the leases (leases.ts), or nobody. */

/** What a stage asks. */
export interface AssetShare {
  /** What this process is to work on now. */
  assets(): ReadonlySet<string>;
  /** What another is to have as soon as the stage has let go of it. */
  leaving(): ReadonlySet<string>;
  /** The stage has let go of an asset that was leaving: the next one may take it. */
  letGo(asset: string): void;
  /** Called when `assets` has changed, and so when something is leaving that was not. */
  onChange(listener: () => void): void;
}

/** What those ask, too, that have standbys. */
export interface FollowedShare extends AssetShare {
  /** What this process is to follow, because it is next in line when another one is gone. */
  followed(): ReadonlySet<string>;
  /** Somebody is next in line for this asset. */
  isFollowed(asset: string): boolean;
  /** For whoever follows an asset: says to the one that works on it that the two have come to different things. */
  doubt(asset: string, why: string): void;
  /** What another process has said about an asset of ours; each is given once. */
  takeDoubt(): Doubt | null;
}

export interface Doubt {
  readonly asset: string;
  readonly why: string;
}

/** Always the same assets, for a process that shares with nobody. */
export function fixedShare(assets: readonly string[]): FollowedShare {
  const all = new Set(assets);
  const none = new Set<string>();
  const nobody = { followed: () => none, isFollowed: () => false, doubt: () => undefined, takeDoubt: () => null };
  return { assets: () => all, leaving: () => none, ...nobody, letGo: () => undefined, onChange: () => undefined };
}
