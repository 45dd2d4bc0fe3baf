/** How the assets are shared out among the processes of one service. Pure: everybody who sees the same comes to the same. */

export interface Member {
  readonly id: string;
  /** What it is willing to work on. */
  readonly assets: ReadonlySet<string>;
}

/**
 * Who is to have each asset. Whoever has one keeps it as long as that is fair: of any two members that are willing to
 * take the same assets, neither has two more than the other. An asset that nobody is willing to take is in no share.
 */
export function shareOut(
  assets: readonly string[],
  members: readonly Member[],
  holders: ReadonlyMap<string, string>,
): Map<string, string> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const counts = new Map(sorted.map(({ id }) => [id, 0]));
  const countOf = (id: string) => counts.get(id) ?? 0;
  const shares = new Map<string, string>();
  const give = (asset: string, to: string) => {
    const before = shares.get(asset);
    if (before !== undefined) counts.set(before, countOf(before) - 1);
    shares.set(asset, to);
    counts.set(to, countOf(to) + 1);
  };
  const inOrder = [...assets].sort();
  const leastBusy = (asset: string) =>
    sorted
      .filter((member) => member.assets.has(asset))
      .reduce<Member | null>(
        (least, member) => (least && countOf(least.id) <= countOf(member.id) ? least : member),
        null,
      );
  for (const asset of inOrder) {
    const holder = sorted.find(({ id }) => id === holders.get(asset));
    if (holder?.assets.has(asset)) give(asset, holder.id);
  }
  for (const asset of inOrder) {
    const taker = shares.has(asset) ? null : leastBusy(asset);
    if (taker !== null) give(asset, taker.id);
  }
  for (let moved = true; moved; ) {
    moved = false;
    for (const [asset, holder] of shares) {
      const taker = leastBusy(asset);
      if (taker === null || countOf(taker.id) > countOf(holder) - 2) continue;
      give(asset, taker.id);
      moved = true;
    }
  }
  return shares;
}
