/** Whether a standby may become the primary, by what was seen of all servers. Pure. */

/** What was seen of one server. */
export type ServerSeen =
  /** It can be written to. */
  | { readonly kind: "primary"; readonly name: string }
  /** A primary that was told to take no writes. */
  | { readonly kind: "fenced"; readonly name: string }
  | {
      readonly kind: "standby";
      readonly name: string;
      /** How much of the log it has, in bytes. */
      readonly receivedBytes: number;
      /** Whether it hears from a primary at this moment. */
      readonly isFollowing: boolean;
    }
  /** Its machine answers that nothing listens there. */
  | { readonly kind: "down"; readonly name: string }
  /** It can't be told whether it runs. */
  | { readonly kind: "silent"; readonly name: string; readonly why: string };

export interface Wish {
  /** The standby, by host and port; null: the one that has most of the log. */
  readonly to: string | null;
  /** The primary runs, and is to be followed. */
  readonly handsOver: boolean;
  /** How somebody knows that what can't be asked does not run, in words. */
  readonly force: string | null;
}

export type Plan =
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "promote"; readonly standby: string; readonly fenceFirst: string | null };

const refused = (why: string): Plan => ({ kind: "refused", why });

export function planOf(servers: readonly ServerSeen[], { to, handsOver, force }: Wish): Plan {
  const standbys = servers.flatMap((server) => (server.kind === "standby" ? [server] : []));
  const names = standbys.map(({ name }) => name).join(", ");
  const [furthest] = [...standbys].sort((a, b) => b.receivedBytes - a.receivedBytes);
  const chosen = to === null ? furthest : standbys.find(({ name }) => name === to);
  if (chosen === undefined)
    return refused(
      standbys.length === 0
        ? `no standby answers among ${servers.map(({ name }) => name).join(", ")}`
        : `${to} is no standby that answers; ${names} is`,
    );
  if (furthest !== undefined && chosen.receivedBytes < furthest.receivedBytes && force === null)
    return refused(`${furthest.name} has more of the log than ${chosen.name}: promote that one`);
  const primary = servers.find(({ kind }) => kind === "primary");
  if (primary !== undefined)
    return handsOver
      ? { kind: "promote", standby: chosen.name, fenceFirst: primary.name }
      : refused(
          `${primary.name} is the primary, and answers. To let ${chosen.name} follow it in order, say --hand-over; else stop it first`,
        );
  const silent = servers.flatMap((server) => (server.kind === "silent" ? [`${server.name} (${server.why})`] : []));
  if (silent.length > 0 && force === null)
    return refused(
      `it can't be told whether ${silent.join(", ")} runs, and two primaries would both take writes. Make sure that it does not (stop it, cut its power), then say how you know: --force "…"`,
    );
  if (chosen.isFollowing && force === null && servers.every(({ kind }) => kind !== "fenced"))
    return refused(`${chosen.name} still hears from its primary: that one runs, wherever it is. Stop it first`);
  return { kind: "promote", standby: chosen.name, fenceFirst: null };
}
