/** Shares the assets out among the processes of a service. Pure: processes that know the same members get the same result. */

export interface Member {
  readonly id: string;
  /** Assets that the process is willing to work on. */
  readonly assets: ReadonlySet<string>;
}

/**
 * The follower of each asset, who takes it when its holder is gone: the next member after the holder. The result is the same
 * before and after the holder's end.
 */
export function nextInLine(holders: ReadonlyMap<string, string>, members: readonly Member[]): Map<string, string> {
  const next = new Map<string, string>();
  [...holders.keys()].sort().forEach((asset, index) => {
    const holder = holders.get(asset) ?? "";
    const others = members.filter(({ id, assets }) => id !== holder && assets.has(asset)).map(({ id }) => id);
    const inTurn = [...others.filter((id) => id > holder).sort(), ...others.filter((id) => id < holder).sort()];
    const follower = inTurn[Math.floor(index / (inTurn.length + 1)) % inTurn.length];
    if (holder !== "" && follower !== undefined) next.set(asset, follower);
  });
  return next;
}

/**
 * The member that should have each asset. A holder keeps an asset as long as that is fair: of any two members that are willing
 * to work on the same assets, neither has two more than the other. Else it goes to the next in line. An asset that no member
 * is willing to work on is in no share.
 */
export function shareOut(
  assets: readonly string[],
  members: readonly Member[],
  holders: ReadonlyMap<string, string>,
): Map<string, string> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const followers = nextInLine(holders, members);
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
    const taker = shares.has(asset) ? undefined : (followers.get(asset) ?? leastBusy(asset)?.id);
    if (taker !== undefined) give(asset, taker);
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
