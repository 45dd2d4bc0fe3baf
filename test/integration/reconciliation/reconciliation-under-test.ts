import { DifferenceStore, type OpenDifference } from "../../../src/reconciliation/difference-store.js";
import { EngineBooks } from "../../../src/reconciliation/engine-books.js";
import { PASS_LIMITS, type PassLimits } from "../../../src/reconciliation/pass.js";
import { Reconciliation } from "../../../src/reconciliation/service.js";
import { connectBus } from "../../../src/shared/bus/bus.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { asRole } from "../../support/postgres.js";
import { type ServiceForTest, serviceForTest } from "../../support/service.js";
import type { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";

const registry = loadAssets(`${projectRoot}config/assets.json`);
const INTERVAL_MS = 20;

/** Calls something between a look's beginning and its first query, by which Postgres takes the snapshot. */
class WatchedStore extends DifferenceStore {
  readonly #looksNow: () => Promise<void>;

  constructor(database: Database, looksNow: () => Promise<void>) {
    super(database);
    this.#looksNow = looksNow;
  }

  override async open(): Promise<OpenDifference[]> {
    await this.#looksNow();
    return await super.open();
  }
}

/** The service as main.ts wires it, in this process, with the rights of its own role. */
export async function startReconciliation(
  { databaseUrl: url, nats }: Pick<PipelineUnderTest, "databaseUrl" | "nats">,
  limits: Partial<PassLimits> = {},
  looksNow: () => Promise<void> = async () => undefined,
): Promise<ServiceForTest> {
  const service = serviceForTest("reconciliation");
  const databaseUrl = asRole(url, "bourse_reconciliation");
  const database = await connectDatabase(databaseUrl, { applicationName: "reconciliation", log: service.log });
  service.onStop("database", () => database.close());
  const bus = await connectBus(nats.url, { name: "reconciliation", log: service.log });
  service.onStop("bus", () => bus.close());
  const store = new WatchedStore(database, looksNow);
  const reconciliation = new Reconciliation(service, store, new EngineBooks(bus, service.log), {
    databaseUrl,
    registry,
    intervalMs: INTERVAL_MS,
    restFactor: 0,
    limits: { ...PASS_LIMITS, ...limits },
  });
  service.readiness("books", () => reconciliation.problem());
  const loop = reconciliation.run();
  service.onStop("loop", () => loop);
  service.background("reconciliation", loop);
  return service;
}

/** A metric's value by its name and, where it has some, labels. */
export async function metric(service: ServiceForTest, name: string): Promise<number> {
  const text = await service.metrics.text();
  const line = text.split("\n").find((one) => one.startsWith(name.replace(/\}$/, "")));
  return Number(line?.split(" ").at(-1));
}
