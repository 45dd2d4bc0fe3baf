/**
 * Leases: which assets this process works on. Every process of a service says now and then (lease-times.ts) that it is there,
 * and all come to the same shares (share-out.ts). A lease is a key whose value is its holder (lease-keys.ts), taken and given back by
 * compare-and-set. Each process finds out by itself which others are gone (lease-table.ts).
 *
 *   an asset is     while                                           becomes
 *   another's       its key names another process, or none          in work, when the key names this one
 *   in work         the stage works on it                           leaving, when another should have it
 *   leaving         the stage finishes its work on it               in work, when it should stay after all
 *                                                                   given back, when the stage has let go of it
 *   given back      the key is being changed, however often that    in work, when it should stay after all, and no change
 *                   is lost on the way                              of the key is under way
 *   (any of these)                                                  another's, when the key says so
 *
 * Leases say which process tries; the fence of each output decides which one wins (docs/arch.md).
 */

import type { Bus, PublishOptions } from "../bus/bus.js";
import type { BusReader, InputMessage } from "../bus/reader.js";
import { assertNever } from "../domain/errors.js";
import { streamSequence } from "../domain/units.js";
import type { Service } from "../process/lifecycle.js";
import { lookEvery } from "../process/looks.js";
import type { Doubt, FollowedShare } from "./asset-share.js";
import { Doubts } from "./doubts.js";
import { assetKey, doubtedAssetOfKey, leaseSubject, memberKey } from "./lease-keys.js";
import { LeaseTable } from "./lease-table.js";
import { LEASE_TIMES } from "./lease-times.js";
import { nextInLine, shareOut } from "./share-out.js";

export interface LeaseOptions {
  readonly service: string;
  /** This process's name; the same after a restart, so that it goes on at once. */
  readonly instance: string;
  /** Assets that the process is willing to work on; there may be more of them each time one looks. */
  readonly assets: Iterable<string>;
  /** The server forgets a member that was silent for so long; where each start has a new name, there are many. */
  readonly forgottenAfterMs?: number;
}

const PENDING_MAX = 1_024;

type LeaseState = "in work" | "leaving" | "given back";

type LeaseBus = Pick<Bus, "publish" | "read">;

export class AssetLeases implements FollowedShare {
  readonly #bus: LeaseBus;
  readonly #service: Pick<Service, "log" | "metrics">;
  readonly #options: LeaseOptions;
  readonly #table: LeaseTable;
  /** The states of the assets whose key names this process. */
  readonly #states = new Map<string, LeaseState>();
  readonly #underWay = new Set<string>();
  readonly #listeners: (() => void)[] = [];
  readonly #leases;
  readonly #settled = settlement();
  #hasJoined = false;
  #assets: ReadonlySet<string> = new Set();
  #followers: ReadonlyMap<string, string> = new Map();
  readonly #doubts: Doubts;
  #reader: BusReader | null = null;
  #stopBeating: () => void = () => undefined;
  /** The assets that its last stored heartbeat told, and how many were left out since. */
  #said: string | null = null;
  #leftOut = 0;
  #isClosed = false;

  constructor(bus: LeaseBus, service: Pick<Service, "log" | "metrics">, options: LeaseOptions) {
    this.#bus = bus;
    this.#service = service;
    this.#options = options;
    this.#table = new LeaseTable(options.instance);
    const publish = (key: string, text: string) => this.#publish(key, text);
    this.#doubts = new Doubts({ instance: options.instance, publish, log: service.log });
    this.#leases = service.metrics.gauge("leases", "Assets that this process works on");
  }

  assets(): ReadonlySet<string> {
    return this.#assets;
  }

  leaving(): ReadonlySet<string> {
    return new Set([...this.#states].filter(([, state]) => state === "leaving").map(([asset]) => asset));
  }

  followed(): ReadonlySet<string> {
    const { instance } = this.#options;
    return new Set([...this.#followers].filter(([, follower]) => follower === instance).map(([asset]) => asset));
  }

  isFollowed(asset: string): boolean {
    return this.#followers.has(asset);
  }

  doubt(asset: string, why: string): void {
    this.#doubts.tell(asset, why);
  }

  takeDoubt(): Doubt | null {
    return this.#doubts.take(this.#assets);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Starts to take part. Resolves when it knows the other members, and has taken the assets that are free. */
  async join(): Promise<void> {
    this.#reader = this.#bus.read({
      stream: "KV_leases",
      subject: this.#subject(">"),
      afterSequence: streamSequence(0),
      pendingMessagesMax: PENDING_MAX,
      onAvailable: () => this.#read(),
    });
    this.#stopBeating = lookEvery(LEASE_TIMES.heartbeatMs, () => void this.#beat());
    await this.#beat();
    await this.#settled.promise;
    this.#hasJoined = true;
  }

  /** Why it has not joined yet; null: it has. */
  whyNotJoined(): string | null {
    if (this.#hasJoined) return null;
    if (!this.#table.hasBeaten)
      return "the first heartbeat is not stored yet: NATS does not answer, or KV_leases is full";
    return this.#table.isUpToDate ? "taking what is free" : "reading who else is there";
  }

  letGo(asset: string): void {
    if (this.#states.get(asset) !== "leaving") return;
    this.#states.set(asset, "given back");
    this.#giveBack(asset);
  }

  /** Gives all assets back and leaves. The stage must have stopped. */
  async leave(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopBeating();
    await this.#reader?.close();
    const ours = [...this.#table.holders()].filter(([, holder]) => holder === this.#options.instance);
    // In this order: others then see assets that no process has, and try none that is still being given back.
    const givenBack = ours.map(([asset]) => this.#change(assetKey(asset), ""));
    await Promise.all([
      ...givenBack,
      this.#publish(this.#memberKey, "", { expiresAfterMs: LEASE_TIMES.forgottenAfterMs }),
    ]);
  }

  get #memberKey(): string {
    return memberKey(this.#options.instance);
  }

  async #beat(): Promise<void> {
    if (this.#isClosed) return;
    this.#doubts.repeat();
    const { assets, forgottenAfterMs: expiresAfterMs = LEASE_TIMES.forgottenAfterMs } = this.#options;
    const said = [...assets].join(",");
    if (this.#underWay.has(this.#memberKey) || this.#mayLeaveOut(said)) return;
    this.#underWay.add(this.#memberKey);
    const outcome = await this.#publish(this.#memberKey, said, { expiresAfterMs });
    this.#underWay.delete(this.#memberKey);
    this.#said = outcome.kind === "stored" ? said : null;
    if (outcome.kind !== "stored") return;
    this.#table.beatStored(outcome.streamSequence);
    this.#decide();
  }

  /**
   * Whether a heartbeat would tell nobody anything. Whoever comes takes nobody for gone before several heartbeats of its own, and its
   * first one is read here at once: so those that are not left out are in time.
   */
  #mayLeaveOut(said: string): boolean {
    const isAlone = this.#table.isUpToDate && this.#table.membersAlive().length === 1;
    this.#leftOut = isAlone && said === this.#said ? (this.#leftOut + 1) % LEASE_TIMES.aloneEvery : 0;
    return this.#leftOut > 0;
  }

  #read(): void {
    const messages = this.#reader?.take(PENDING_MAX) ?? [];
    for (const message of messages) this.#note(message);
    if (messages.length > 0) this.#decide();
  }

  #note({ subject, streamSequence, data }: InputMessage): void {
    const key = subject.slice(this.#subject("").length);
    const value = Buffer.from(data).toString();
    const doubted = doubtedAssetOfKey(key);
    if (doubted === null) this.#table.note(key, value, streamSequence);
    // Doubts read before that are about an earlier process.
    else if (this.#table.isUpToDate) this.#doubts.note({ asset: doubted, why: value });
  }

  /** Takes free assets of its share, and asks the stage to let go of those that others should have. */
  #decide(): void {
    if (!this.#table.isUpToDate || this.#isClosed) return;
    const { instance } = this.#options;
    const members = this.#table.membersAlive();
    const alive = new Set(members.map(({ id }) => id));
    const holders = this.#table.holders();
    this.#followers = nextInLine(holders, members);
    const shares = shareOut([...new Set(members.flatMap(({ assets }) => [...assets]))], members, holders);
    const taken: Promise<void>[] = [];
    for (const [asset, taker] of shares) {
      const holder = holders.get(asset) ?? "";
      if (taker === instance && holder !== instance && !alive.has(holder)) taken.push(this.#take(asset, holder));
      this.#decideOn(asset, { isHeld: holder === instance, isToKeep: taker === instance });
    }
    const isInWork = (asset: string) => (this.#states.get(asset) ?? "in work") === "in work";
    const held = [...holders].filter(([asset, holder]) => holder === instance && isInWork(asset));
    // A key may name this process for an asset that it has not heard of yet since its start: it is nobody's meanwhile.
    const willing = new Set(this.#options.assets);
    for (const [asset] of held) if (!willing.has(asset)) this.#giveBack(asset);
    this.#setAssets(held.filter(([asset]) => willing.has(asset)));
    void Promise.all(taken).then(() => this.#settled.resolve());
  }

  #decideOn(asset: string, { isHeld, isToKeep }: { isHeld: boolean; isToKeep: boolean }): void {
    if (!isHeld) {
      this.#states.delete(asset);
      return;
    }
    const state = this.#states.get(asset) ?? "in work";
    switch (state) {
      case "in work":
      case "leaving":
        this.#states.set(asset, isToKeep ? "in work" : "leaving");
        break;
      case "given back":
        // A change of the key that is on its way may still arrive: the asset is kept only once that is known to be lost.
        if (!isToKeep) this.#giveBack(asset);
        else if (!this.#underWay.has(assetKey(asset))) this.#states.set(asset, "in work");
        break;
      default:
        assertNever(state);
    }
  }

  #giveBack(asset: string): void {
    void this.#change(assetKey(asset), "");
  }

  async #take(asset: string, from: string): Promise<void> {
    if (!(await this.#change(assetKey(asset), this.#options.instance))) return;
    if (from !== "") this.#service.log.info({ asset, from }, "took over an asset");
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

  /** Changes a key. True: the change is stored, and the key had not changed since it was read. */
  async #change(key: string, value: string): Promise<boolean> {
    if (this.#underWay.has(key)) return false;
    this.#underWay.add(key);
    const expectedLastSubjectSequence = this.#table.sequenceOf(key);
    const outcome = await this.#publish(key, value, { expectedLastSubjectSequence });
    this.#underWay.delete(key);
    if (outcome.kind !== "stored") return false;
    this.#table.note(key, value, outcome.streamSequence);
    return true;
  }

  #publish(key: string, value: string, options: Omit<PublishOptions, "deadlineMs"> = {}) {
    return this.#bus.publish(this.#subject(key), Buffer.from(value), {
      ...options,
      deadlineMs: LEASE_TIMES.publishTimeoutMs,
    });
  }

  #subject(key: string): string {
    return leaseSubject(this.#options.service, key);
  }
}

/** Takes part until the service stops. */
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
