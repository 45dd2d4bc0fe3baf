/** The three stages between the order log and the notifications, each as its main.ts wires it, in this process. */
import { randomUUID } from "node:crypto";
import { RULES_VERSION } from "@bourse/matching-core";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { MatchingEngines } from "../../../src/matching-engine/service.js";
import { SNAPSHOT_POLICY, type SnapshotPolicy } from "../../../src/matching-engine/snapshotter.js";
import { ActionsFollower } from "../../../src/order-processing/actions-follower.js";
import { ActionsStore } from "../../../src/order-processing/actions-store.js";
import { CommandStore } from "../../../src/order-processing/command-store.js";
import { RecordStore } from "../../../src/order-processing/record-store.js";
import { Sequencer } from "../../../src/order-processing/sequencer.js";
import { OrderProcessing } from "../../../src/order-processing/service.js";
import { type Bus, connectBus } from "../../../src/shared/bus/bus.js";
import { subjectOf } from "../../../src/shared/bus/subjects.js";
import { connectDatabase, type Database, type Row } from "../../../src/shared/database/database.js";
import { readStoredCommands, readStoredState } from "../../../src/shared/database/stored-commands.js";
import { type AssetRegistry, configuredRules, loadAssets } from "../../../src/shared/domain/assets.js";
import type { OrderRequest, RequestBody } from "../../../src/shared/domain/messages.js";
import { type AccountId, accountId, logIdAt, type OrderId, orderId } from "../../../src/shared/domain/units.js";
import { fixedShare } from "../../../src/shared/leases/asset-share.js";
import { nowUs } from "../../../src/shared/process/clock.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import type { Stage } from "../../../src/shared/stage/stage.js";
import { runStage } from "../../../src/shared/stage/stage-loop.js";
import { encodeOrderBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { TradeProcessing } from "../../../src/trade-processing/service.js";
import { TradeStore } from "../../../src/trade-processing/trade-store.js";
import { eventually } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { limitOrder } from "../../support/order-terms.js";
import { asRole, createDatabase, type ServiceRole } from "../../support/postgres.js";
import { type ServiceForTest, serviceForTest } from "../../support/service.js";

export type StageName = "order-processing" | "matching-engine" | "trade-processing";
const ROLES = {
  "order-processing": "bourse_order_processing",
  "matching-engine": "bourse_matching_engine",
  "trade-processing": "bourse_trade_processing",
} as const satisfies Record<StageName, ServiceRole>;
export const STAGES: readonly StageName[] = ["order-processing", "matching-engine", "trade-processing"];
const registry = loadAssets(`${projectRoot}config/assets.json`);

/** Sits between a stage and its bus or database, to stage a failure. */
export interface Sabotage {
  readonly bus?: (bus: Bus) => Bus;
  readonly database?: (database: Database) => Database;
}

export class PipelineUnderTest {
  readonly nats: NatsForTest;
  readonly databaseUrl: string;
  readonly bus: Bus;
  readonly database: Database;
  /** Of engines that start from now on. */
  snapshots: SnapshotPolicy = SNAPSHOT_POLICY;
  /** Of stages that start from now on. */
  registry: AssetRegistry = registry;
  rulesVersion: number = RULES_VERSION;
  readonly #crashed = new Set<ServiceForTest>();
  readonly #running = new Map<ServiceForTest, () => Promise<void>>();
  readonly #byName = new Map<StageName, ServiceForTest>();

  private constructor(nats: NatsForTest, databaseUrl: string, bus: Bus, database: Database) {
    this.nats = nats;
    this.databaseUrl = databaseUrl;
    this.bus = bus;
    this.database = database;
  }

  /** With accounts 1 and 2, which have enough of everything; no stage runs yet. */
  static async create(databaseUrl?: string, givenNats?: NatsForTest): Promise<PipelineUnderTest> {
    const nats = givenNats ?? (await startNats());
    const url = databaseUrl ?? (await createDatabase());
    const { log } = serviceForTest("test");
    const bus = await connectBus(nats.url, { name: "test", log });
    await bus.ensureStreams(1);
    const database = await connectDatabase(url, { applicationName: "test", log });
    await storeAssets(database, registry);
    for (const name of ["ann", "bob"]) await createApiKey(database, name, name, name);
    for (const account of [ANN, BOB])
      for (const currency of registry.currencies.keys()) await deposit(database, account, currency, ENOUGH_UNITS);
    return new PipelineUnderTest(nats, url, bus, database);
  }

  async startAll(): Promise<void> {
    for (const stage of STAGES) await this.start(stage);
  }

  async start(
    name: StageName,
    { bus: spoilBus, database: spoilDatabase }: Sabotage = {},
    assets: readonly string[] = [...registry.assets.keys()],
  ): Promise<ServiceForTest> {
    const service = serviceForTest(name);
    const { log } = service;
    const realBus = await connectBus(this.nats.urlOf?.(name) ?? this.nats.url, { name, log });
    const realDatabase = await connectDatabase(this.#databaseUrlOf(name), { applicationName: name, log });
    const disconnect = async () => {
      await realBus.close();
      await realDatabase.close();
    };
    service.onStop("connections", disconnect);
    const bus = spoilBus?.(realBus) ?? realBus;
    const database = spoilDatabase?.(realDatabase) ?? realDatabase;
    const options = {
      share: fixedShare(assets),
      pendingMessagesMax: 64,
      batchMessagesMax: 16,
      batchIntervalMs: 0,
      batchIntervalMaxMs: 0,
      gatherMs: 0,
    };
    const loop = runStage(service, bus, stageOf(name, service, bus, database, this), options);
    service.background(name, loop);
    service.onStop("loop", () => loop);
    this.#running.set(service, disconnect);
    this.#byName.set(name, service);
    return service;
  }

  /** With the rights of its own role, as in docker-compose. */
  #databaseUrlOf(name: StageName): string {
    return asRole(this.databaseUrl, ROLES[name]);
  }

  async stopStage(name: StageName): Promise<void> {
    await this.#byName.get(name)?.stop();
  }

  running(name: StageName): ServiceForTest {
    const service = this.#byName.get(name);
    if (service === undefined) throw new Error(`${name} does not run`);
    return service;
  }

  async restart(name: StageName): Promise<void> {
    await this.stopStage(name);
    await this.start(name);
  }

  /** As if its process was killed where it stands: nothing is awaited, nothing more goes out. */
  async crash(service: ServiceForTest): Promise<void> {
    const disconnect = this.#running.get(service);
    this.#running.delete(service);
    this.#crashed.add(service);
    await disconnect?.();
  }

  /** An account of its own, with so much of the currencies. */
  async createAccount(units: Readonly<Record<string, number>> = {}): Promise<AccountId> {
    const name = randomUUID().slice(0, 18);
    await createApiKey(this.database, name, name, name);
    const [row] = await this.rows("select account_id from accounts where name = $1", name);
    const account = accountId(row?.["account_id"] as number);
    for (const [currency, some] of Object.entries(units)) await deposit(this.database, account, currency, some);
    return account;
  }

  /** The stage that runs by this name dies where it stands. */
  async kill(name: StageName): Promise<void> {
    const service = this.#byName.get(name);
    if (service === undefined) return;
    await this.crash(service);
    void service.stop(); // ends its loop, unless that hangs where a test wants it to
  }

  /** One batch of the order log; returns the log ids. */
  async log(asset: string, ...requests: readonly OrderRequest[]): Promise<OrderId[]> {
    const outcome = await this.bus.publish(subjectOf("ORDERS", asset), encodeOrderBatch(requests), {
      deadlineMs: 60_000,
    });
    if (outcome.kind !== "stored") throw new Error(`the order log said ${JSON.stringify(outcome)}`);
    return requests.map((_, index) => orderId(logIdAt(outcome.streamSequence, index)));
  }

  async rows(sql: string, ...values: unknown[]): Promise<Row[]> {
    return await this.database.query(sql, values);
  }

  /** The rows, once there are `count` of them. */
  async rowsOnce(count: number, sql: string, ...values: unknown[]): Promise<Row[]> {
    return await eventually(`${count} rows of ${sql}`, async () => {
      const rows = await this.rows(sql, ...values).catch(() => []);
      return rows.length >= count ? rows : null;
    });
  }

  async stop(): Promise<void> {
    // What is left of a process that died would go on in this one, and try for ever to tell what its engines show.
    for (const service of this.#crashed) void service.stop();
    for (const service of this.#running.keys()) await service.stop();
    await this.bus.close();
    await this.database.close();
    await this.nats.stop();
  }
}

function stageOf(
  name: StageName,
  service: ServiceForTest,
  bus: Bus,
  database: Database,
  { snapshots, registry, rulesVersion }: Pick<PipelineUnderTest, "snapshots" | "registry" | "rulesVersion">,
): Stage {
  if (name === "order-processing") {
    const store = new CommandStore(database, registry.openOrdersPerAccountMax);
    const sequencer = new Sequencer(registry, new RecordStore(database), store, { holdsFunds: true });
    const rulesOf = (asset: string) => ({ ...configuredRules(registry, asset), version: rulesVersion });
    const actions = new ActionsFollower(new ActionsStore(database));
    return new OrderProcessing(service, bus, store, sequencer, actions, rulesOf);
  }
  if (name === "matching-engine")
    return new MatchingEngines(service, bus, registry, {
      snapshots,
      rulesVersion,
      storedCommands: (asset, after, max) => readStoredCommands(database, asset, after, max),
      storedState: (asset) => readStoredState(database, asset),
    });
  return new TradeProcessing(service, bus, new TradeStore(database), registry);
}

/** Of the currency's smallest unit. */
const ENOUGH_UNITS = 10 ** 15;

async function deposit(database: Database, account: AccountId, currency: string, units: number): Promise<void> {
  await database.query("select book_transfer('deposit', $1, $2, $3, $4, 'test')", [
    account,
    currency,
    units,
    randomUUID(),
  ]);
}

export const ANN = accountId(1);
export const BOB = accountId(2);

export function request(account: typeof ANN, body: RequestBody): OrderRequest {
  return { accountId: account, receivedAtUs: nowUs(), body };
}

/** buy(ANN, 5, 100): a limit order, good till canceled. */
export const buy = (account: typeof ANN, quantity: number, price: number, clientOrderId: string | null = null) =>
  request(account, limitOrder("buy", quantity, price, { clientOrderId }));
export const sell = (account: typeof ANN, quantity: number, price: number, clientOrderId: string | null = null) =>
  request(account, limitOrder("sell", quantity, price, { clientOrderId }));
