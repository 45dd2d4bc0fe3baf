import { databaseToLookAt, Environment } from "../shared/config.js";

export interface ReconciliationConfig {
  readonly databaseUrl: string;
}

export function reconciliationConfig(): ReconciliationConfig {
  return Object.freeze({ databaseUrl: databaseToLookAt(new Environment()) });
}
