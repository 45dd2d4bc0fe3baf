/**
 * Which assets this process works on. Every process of a service says twice a second that it is there, and all of them
 * come to the same shares (share-out.ts). A lease is a key whose value is who has it; it is taken and given back by
 * compare-and-set. A process is gone whose heartbeat was not seen while we said and saw four of our own: nobody's clock
 * is compared, and a server that stood still makes nobody look dead.
 *
 * Leases say who tries; who wins is decided by the fence of each output (docs/arch.md).
 *
 *   $KV.leases.<service>.member.<process>   the assets that it is willing to work on; empty: it has left
 *   $KV.leases.<service>.asset.<asset>      the process that has it; empty: nobody
 *   $KV.leases.<service>.doubt.<asset>      why one that follows it does not agree
 */
import type { Bus, PublishOptions } from "./bus.js";
import type { BusReader, InputMessage } from "./bus-reader.js";
import type { Service } from "./lifecycle.js";
import { type Member, nextInLine, shareOut } from "./share-out.js";
import { STREAMS } from "./subjects.js";
import { type StreamSequence, streamSequence } from "./units.js";

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

export interface LeaseOptions {
  readonly service: string;
  /** This process's own name; after a restart the same, so that it goes on at once. */
  readonly instance: string;
  /** What it is willing to work on. */
  readonly assets: readonly string[];
  /** A process that was silent for so long leaves no trace: names are many where each start has one of its own. */
  readonly forgottenAfterMs?: number;
}

const HEARTBEAT_MS = 500;
/** Own heartbeats since another's last one was seen. */
const SILENT_BEATS_MAX = 4;
const FORGOTTEN_AFTER_MS = 600_000;
const PUBLISH_TIMEOUT_MS = 2_000;
const PENDING_MAX = 1_024;

interface Key {
  readonly value: string;
  readonly sequence: StreamSequence;
  /** How many heartbeats of our own were counted when it was last seen to change. */
  readonly seenAtBeat: number;
}

type LeaseBus = Pick<Bus, "publish" | "read">;

export class AssetLeases implements FollowedShare {
  readonly #bus: LeaseBus;
  readonly #service: Pick<Service, "log" | "metrics">;
  readonly #options: LeaseOptions;
  readonly #keys = new Map<string, Key>();
  /** Assets that are ours by their key, and that another is to have: the stage is letting go of them. */
  readonly #leaving = new Set<string>();
  /** What the stage has let go of, until another key says so: a publish may be lost. */
  readonly #givenBack = new Set<string>();
  readonly #underWay = new Set<string>();
  readonly #listeners: (() => void)[] = [];
  readonly #leases;
  readonly #settled = settlement();
  #hasJoined = false;
  #assets: ReadonlySet<string> = new Set();
  #followers: ReadonlyMap<string, string> = new Map();
  readonly #doubts: Doubt[] = [];
  #reader: BusReader | null = null;
  #timer: NodeJS.Timeout | null = null;
  #beats = 0;
  #firstBeat: StreamSequence | null = null;
  /** The last one that was acknowledged, until it is counted. */
  #storedBeat: StreamSequence | null = null;
  #ownBeatSeen = streamSequence(0);
  #isClosed = false;

  constructor(bus: LeaseBus, service: Pick<Service, "log" | "metrics">, options: LeaseOptions) {
    this.#bus = bus;
    this.#service = service;
    this.#options = options;
    this.#leases = service.metrics.gauge("leases", "Assets that this process works on");
  }

  assets(): ReadonlySet<string> {
    return this.#assets;
  }

  leaving(): ReadonlySet<string> {
    return this.#leaving;
  }

  followed(): ReadonlySet<string> {
    const { instance } = this.#options;
    return new Set([...this.#followers].filter(([, follower]) => follower === instance).map(([asset]) => asset));
  }

  isFollowed(asset: string): boolean {
    return this.#followers.has(asset);
  }

  doubt(asset: string, why: string): void {
    const text = `${this.#options.instance} follows it and differs: ${why}`;
    void this.#publish(`${DOUBT_KEY}${asset}`, text.slice(0, DOUBT_TEXT_MAX));
  }

  takeDoubt(): Doubt | null {
    const doubts = this.#doubts.splice(0).filter(({ asset }) => this.#assets.has(asset));
    this.#doubts.push(...doubts.slice(1));
    return doubts[0] ?? null;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Starts to take part. Resolves when it has seen who else is there, and taken what is free. */
  async join(): Promise<void> {
    this.#reader = this.#bus.read({
      stream: "KV_leases",
      subject: this.#subject(">"),
      afterSequence: streamSequence(0),
      pendingMessagesMax: PENDING_MAX,
      onAvailable: () => this.#read(),
    });
    this.#timer = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    await this.#beat();
    await this.#settled.promise;
    this.#hasJoined = true;
  }

  /** What joining waits for; null: nothing any more. */
  whyNotJoined(): string | null {
    if (this.#hasJoined) return null;
    if (this.#firstBeat === null)
      return "the first heartbeat is not stored yet: NATS does not answer, or KV_leases is full";
    return this.#isUpToDate ? "taking what is free" : "reading who else is there";
  }

  letGo(asset: string): void {
    if (!this.#leaving.delete(asset)) return;
    this.#givenBack.add(asset);
    this.#giveBack(asset);
  }

  /** Gives everything back and leaves; the stage must have stopped. */
  async leave(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#reader?.close();
    const ours = [...this.#keys].filter(([key, { value }]) => isAsset(key) && value === this.#options.instance);
    // In this order: who sees all of it sees assets that nobody has, and tries for none that is just being given back.
    const givenBack = ours.map(([key]) => this.#change(key, ""));
    await Promise.all([...givenBack, this.#publish(this.#memberKey, "", { expiresAfterMs: FORGOTTEN_AFTER_MS })]);
  }

  get #memberKey(): string {
    return `member.${this.#options.instance}`;
  }

  async #beat(): Promise<void> {
    if (this.#isClosed || this.#underWay.has(this.#memberKey)) return;
    this.#underWay.add(this.#memberKey);
    const { assets, forgottenAfterMs: expiresAfterMs = FORGOTTEN_AFTER_MS } = this.#options;
    const outcome = await this.#publish(this.#memberKey, assets.join(","), { expiresAfterMs });
    this.#underWay.delete(this.#memberKey);
    if (outcome.kind !== "stored") return;
    this.#firstBeat ??= outcome.streamSequence;
    this.#storedBeat = outcome.streamSequence;
    this.#countBeat();
    this.#decide();
  }

  #read(): void {
    const messages = this.#reader?.take(PENDING_MAX) ?? [];
    for (const message of messages) this.#note(message);
    if (messages.length > 0) this.#decide();
  }

  #note({ subject, streamSequence, data }: InputMessage): void {
    const key = subject.slice(this.#subject("").length);
    if (key.startsWith(DOUBT_KEY)) {
      const doubt = { asset: key.slice(DOUBT_KEY.length), why: Buffer.from(data).toString() };
      if (this.#isUpToDate) this.#doubts.push(doubt); // what is older is about processes before this one
      return;
    }
    if ((this.#keys.get(key)?.sequence ?? -1) >= streamSequence) return;
    this.#keys.set(key, { value: Buffer.from(data).toString(), sequence: streamSequence, seenAtBeat: this.#beats });
    if (key !== this.#memberKey) return;
    this.#ownBeatSeen = streamSequence;
    this.#countBeat();
  }

  /**
   * Counted when it is stored in time and read: while nothing can be read, nobody is silent; and what a server that
   * stood still stores all at once, ours maybe before others', is one heartbeat.
   */
  #countBeat(): void {
    if (this.#storedBeat === null || this.#ownBeatSeen < this.#storedBeat) return;
    this.#storedBeat = null;
    this.#beats++;
  }

  /** What was there before our first heartbeat came before it. */
  get #isUpToDate(): boolean {
    return this.#firstBeat !== null && this.#ownBeatSeen >= this.#firstBeat;
  }

  /** Takes what is free and ours to take, and asks the stage to let go of what another is to have. */
  #decide(): void {
    if (!this.#isUpToDate || this.#isClosed) return;
    const { instance } = this.#options;
    const members = this.#membersAlive();
    const alive = new Set(members.map(({ id }) => id));
    const holders = new Map(
      [...this.#keys].filter(([key]) => isAsset(key)).map(([key, { value }]) => [assetOf(key), value]),
    );
    this.#followers = nextInLine(holders, members);
    const shares = shareOut([...new Set(members.flatMap(({ assets }) => [...assets]))], members, holders);
    const taken: Promise<void>[] = [];
    for (const [asset, taker] of shares) {
      const holder = holders.get(asset) ?? "";
      if (taker === instance && holder !== instance && !alive.has(holder)) taken.push(this.#take(asset, holder));
      this.#decideOn(asset, { isHeld: holder === instance, isToKeep: taker === instance });
    }
    const isInWork = (asset: string) => !this.#leaving.has(asset) && !this.#givenBack.has(asset);
    this.#setAssets([...holders].filter(([asset, holder]) => holder === instance && isInWork(asset)));
    void Promise.all(taken).then(() => this.#settled.resolve());
  }

  #decideOn(asset: string, { isHeld, isToKeep }: { isHeld: boolean; isToKeep: boolean }): void {
    if (!isHeld || isToKeep) this.#leaving.delete(asset);
    if (!isHeld) this.#givenBack.delete(asset);
    else if (this.#givenBack.has(asset)) {
      // What is on its way may still get there: nothing is taken back before it is known to be lost.
      if (!isToKeep) this.#giveBack(asset);
      else if (!this.#underWay.has(keyOf(asset))) this.#givenBack.delete(asset);
    } else if (!isToKeep) this.#leaving.add(asset);
  }

  #membersAlive(): Member[] {
    return [...this.#keys].flatMap(([key, { value, seenAtBeat }]) => {
      const id = key.slice("member.".length);
      const isAlive = id === this.#options.instance || this.#beats - seenAtBeat < SILENT_BEATS_MAX;
      if (isAsset(key) || value === "" || !isAlive) return [];
      return [{ id, assets: new Set(value.split(",")) }];
    });
  }

  #giveBack(asset: string): void {
    void this.#change(keyOf(asset), "");
  }

  async #take(asset: string, from: string): Promise<void> {
    if (!(await this.#change(keyOf(asset), this.#options.instance))) return;
    this.#service.log.info({ asset, from: from === "" ? null : from }, "took over an asset");
    this.#decide();
  }

  #setAssets(held: readonly (readonly [string, string])[]): void {
    const assets = new Set(held.map(([asset]) => asset));
    const isSame = assets.size === this.#assets.size && [...assets].every((asset) => this.#assets.has(asset));
    if (isSame) return;
    this.#service.log.info({ assets: [...assets] }, "the share of assets has changed");
    this.#assets = assets;
    this.#leases.set(assets.size);
    for (const listener of this.#listeners) listener();
  }

  /** True: stored, and nobody had changed it since we saw it. */
  async #change(key: string, value: string): Promise<boolean> {
    if (this.#underWay.has(key)) return false;
    this.#underWay.add(key);
    const expectedLastSubjectSequence = this.#keys.get(key)?.sequence ?? streamSequence(0);
    const outcome = await this.#publish(key, value, { expectedLastSubjectSequence });
    this.#underWay.delete(key);
    if (outcome.kind !== "stored") return false;
    // What another did afterwards may have been read before our acknowledgement came.
    if ((this.#keys.get(key)?.sequence ?? -1) < outcome.streamSequence)
      this.#keys.set(key, { value, sequence: outcome.streamSequence, seenAtBeat: this.#beats });
    return true;
  }

  #publish(key: string, value: string, options: Omit<PublishOptions, "deadlineMs"> = {}) {
    return this.#bus.publish(this.#subject(key), Buffer.from(value), { ...options, deadlineMs: PUBLISH_TIMEOUT_MS });
  }

  #subject(key: string): string {
    return `${STREAMS.KV_leases.prefix}.${this.#options.service}.${key}`;
  }
}

/** Takes part from now on, and until the service stops. */
export async function joinLeases(bus: Bus, service: Service, options: LeaseOptions): Promise<FollowedShare> {
  const leases = new AssetLeases(bus, service, options);
  service.onStop("leases", () => leases.leave());
  service.readiness("leases", () => leases.whyNotJoined());
  await leases.join();
  return leases;
}

function settlement(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const ASSET_KEY = "asset.";
const DOUBT_KEY = "doubt.";
const DOUBT_TEXT_MAX = 1_000;
const isAsset = (key: string) => key.startsWith(ASSET_KEY);
const assetOf = (key: string) => key.slice(ASSET_KEY.length);
const keyOf = (asset: string) => `${ASSET_KEY}${asset}`;

/** Who has an asset, of the processes of one service; "": nobody. */
export interface Holder {
  readonly service: string;
  readonly asset: string;
  readonly instance: string;
}

/** The subjects of all leases in KV_leases. */
export const LEASES_OF_ASSETS = `${STREAMS.KV_leases.prefix}.*.${ASSET_KEY}*`;

/** What a message on such a subject says. */
export function holderOf({ subject, data }: Pick<InputMessage, "subject" | "data">): Holder {
  const [, , service = "", , asset = ""] = subject.split(".");
  return { service, asset, instance: Buffer.from(data).toString() };
}
