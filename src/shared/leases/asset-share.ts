/** Which assets this process is to work on, whoever decides that: the leases (leases.ts), or nobody. */

/** The share of one process, as its stage sees it. */
export interface AssetShare {
  /** Assets that this process is to work on now. */
  assets(): ReadonlySet<string>;
  /** Assets that another process is to have as soon as the stage has let go of them. */
  leaving(): ReadonlySet<string>;
  /** The stage has let go of an asset that was leaving: the next one may take it. */
  letGo(asset: string): void;
  /** Called when `assets` has changed, and so when something is leaving that was not. */
  onChange(listener: () => void): void;
}

/** The share of a process that has standbys, too. */
export interface FollowedShare extends AssetShare {
  /** Assets that this process is to follow, because it is next in line when another one is gone. */
  followed(): ReadonlySet<string>;
  /** Somebody is next in line for this asset. */
  isFollowed(asset: string): boolean;
  /** For whoever follows an asset: says to the one that works on it that the two have come to different things. */
  doubt(asset: string, why: string): void;
  /** A doubt that another process has about an asset of ours; each is given once. */
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
