/**
 * Releases, of each feed that has changed, the items that are in sequence, and sends them as one packet; a feed stays among the
 * changed until nothing is left to release. True: there are more than a packet takes.
 */
export function flushChanged<Key, Item>(
  changed: Set<Key>,
  packetMax: number,
  release: (key: Key) => readonly Item[] | undefined,
  send: (key: Key, items: readonly Item[], last: Item) => void,
): boolean {
  let hasMore = false;
  for (const key of changed) {
    const items = release(key) ?? [];
    const last = items.at(-1);
    if (last === undefined) changed.delete(key);
    else {
      hasMore ||= items.length === packetMax;
      send(key, items, last);
    }
  }
  return hasMore;
}
