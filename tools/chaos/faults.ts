/** Every fault, by name, in the order of the table. */
import { CLOCK_FAULTS, SHORT_CLOCK_FAULTS, SHORT_STEP_FAULTS } from "./clock-faults.js";
import { CLUSTER_FAULTS, shortClusterFaults } from "./cluster-faults.js";
import { DISK_FAULTS, SHORT_DISK_FAULTS } from "./disk-faults.js";
import { divergentEngine } from "./divergent-faults.js";
import type { Fault } from "./fault.js";
import { KILL_FAULTS } from "./kill-faults.js";
import { NEIGHBOUR_FAULTS, SHORT_NEIGHBOUR_FAULTS } from "./neighbour-faults.js";
import { POWER_FAULTS, SHORT_POWER_FAULTS } from "./power-faults.js";
import { RESTORE_FAULTS } from "./restore-faults.js";
import { ROLLING_FAULTS, SHORT_ROLLING_FAULTS } from "./rolling-faults.js";
import { SERVER_FAULTS, SHORT_SERVER_FAULTS } from "./server-faults.js";
import { SESSION_FAULTS } from "./session-faults.js";
import { FREQUENT_SNAPSHOTS, SHORT_SNAPSHOT_FAULTS, SNAPSHOT_FAULTS } from "./snapshot-faults.js";
import { STANDBY_FAULTS } from "./standby-faults.js";
import { SHORT_STREAM_FAULTS, STREAM_FAULTS } from "./stream-faults.js";
import { SHORT_FREEZE_FAULTS, SHORT_TWIN_FAULTS, TWIN_FAULTS } from "./twin-faults.js";
import { SHORT_WINDOW_FAULTS, WINDOW_FAULTS, WINDOW_SETTINGS } from "./window-faults.js";

export const FAULTS: readonly Fault[] = [
  ...KILL_FAULTS,
  ...POWER_FAULTS,
  ...WINDOW_FAULTS,
  ...SERVER_FAULTS,
  ...STREAM_FAULTS,
  ...DISK_FAULTS,
  ...CLUSTER_FAULTS,
  ...TWIN_FAULTS,
  ...SNAPSHOT_FAULTS,
  divergentEngine,
  ...CLOCK_FAULTS,
  ...NEIGHBOUR_FAULTS,
  ...SESSION_FAULTS,
  ...ROLLING_FAULTS,
  ...STANDBY_FAULTS,
  ...RESTORE_FAULTS,
];

/** What any of the short faults needs of a world of one nats-server and one Postgres, so that they can share it. */
const SHARED_WORLD = {
  isProxied: true,
  holdsPorts: true,
  settings: { ...WINDOW_SETTINGS, ...FREQUENT_SNAPSHOTS },
} as const;

/** Some of each sort, made short, for the tests, which run beside others: no time counts there. */
export const shortFaults = (): readonly Fault[] => [...sharingFaults(), ...SHORT_STEP_FAULTS];

const sharingFaults = (): readonly Fault[] =>
  [
    ...KILL_FAULTS,
    ...SHORT_POWER_FAULTS,
    ...SHORT_WINDOW_FAULTS,
    ...SHORT_SERVER_FAULTS,
    ...SHORT_STREAM_FAULTS,
    ...SHORT_DISK_FAULTS,
    ...shortClusterFaults(),
    ...STANDBY_FAULTS,
    ...SHORT_TWIN_FAULTS,
    ...SHORT_SNAPSHOT_FAULTS,
    divergentEngine,
    ...SHORT_CLOCK_FAULTS,
    ...SHORT_NEIGHBOUR_FAULTS,
    ...SHORT_ROLLING_FAULTS,
    ...SHORT_FREEZE_FAULTS,
  ].map(({ limit: _, gapMaxMs: __, reportGapMaxMs: ___, catchUpMin: ____, restingOrders: _____, ...fault }) => ({
    ...fault,
    ...(!hasOwnServers(fault) && SHARED_WORLD),
  }));

/** Whether it needs servers that are made for it; then it takes long, and shares its world with few. */
export function hasOwnServers({ smallDisk, cluster, hasStandby }: Fault): boolean {
  return smallDisk !== undefined || cluster !== undefined || hasStandby === true;
}
