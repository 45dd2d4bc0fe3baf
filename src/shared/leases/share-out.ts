/** How the assets are shared out among the processes of one service. Pure: everybody who sees the same comes to the same. */

export interface Member {
  readonly id: string;
  /** Assets that the process is willing to work on. */
  readonly assets: ReadonlySet<string>;
}

/**
 * Who follows each asset, to take it when whoever has it is gone: from that one on, the others in turn. It says the same
 * before and after the end of the one that it is about.
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
 * Who is to have each asset. Whoever has one keeps it as long as that is fair: of any two members that are willing to
 * take the same assets, neither has two more than the other. Next comes who is next in line. An asset that nobody is willing to take is in no share.
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
