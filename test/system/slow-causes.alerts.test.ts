/** As causes.alerts.test.ts, of what must last for minutes before there is reason for an alert. */
import { smallDiskObstacle } from "../../tools/chaos/small-disk.js";
import type { AlertCauses } from "./alert-causes.js";
import { BackupDisk } from "./alert-causes-of-backups.js";
import { deafSubscribers, greedyAccount } from "./alert-causes-of-clients.js";
import { fullOfSnapshots, starvedCopy } from "./alert-causes-of-engines.js";
import { frozenSettlement, idleReconciler, noDaysAhead } from "./alert-causes-of-history.js";
import { lostStreams } from "./alert-causes-of-servers.js";
import { type Cause, MetricsScene } from "./metrics-scene.js";

const obstacle = smallDiskObstacle();
const backupDisk = obstacle === null ? new BackupDisk() : undefined;
if (obstacle !== null) console.warn(`not tested here: a full disk of backups, ${obstacle}`);

/** Each round's causes don't disturb one another. */
const ROUNDS: readonly (readonly Cause[])[] = [
  [
    ...(backupDisk === undefined
      ? []
      : [
          {
            of: "a full disk of backups",
            alerts: ["BackupOld", "LogNotArchived", "BackupDiskNearlyFull"],
            begin: (causes: AlertCauses) => backupDisk.fill(causes),
          },
        ]),
    { of: "a reconciliation that may not look", alerts: ["NobodyReconciles"], begin: idleReconciler },
    { of: "deaf subscribers", alerts: ["SubscribersCut"], begin: deafSubscribers },
    { of: "a copy that gets no commands", alerts: ["StandbyBehind"], begin: starvedCopy },
  ],
  [
    {
      of: "a greedy account while the log hiccups",
      alerts: ["AccountLimited"],
      begin: (causes) => greedyAccount(causes, "BTC-USD"),
    },
  ],
  [{ of: "lost streams", alerts: ["StreamTrouble"], begin: lostStreams }],
];

/** Here what settles is a process of its own, which can stand still alone. */
const ROUNDS_APART: readonly (readonly Cause[])[] = [
  [
    {
      of: "dropped days and a lock",
      alerts: ["HistoryDaysShort"],
      begin: noDaysAhead,
    },
    {
      of: "a settlement that stands still",
      alerts: ["ReconciliationBehind"],
      begin: (causes) => frozenSettlement(causes, "BTC-USD"),
      lastsSeconds: 600,
    },
    {
      of: "snapshots for which there is no room",
      alerts: ["SnapshotsOld"],
      begin: (causes) => fullOfSnapshots(causes, "SOL-USDC"),
      lastsSeconds: 600,
    },
  ],
];

const title = (round: readonly Cause[]) => `wake people for ${round.map(({ of }) => of).join(", ")}`;

describe("alerts of what lasts", function () {
  this.timeout(1_800_000);
  const scene = MetricsScene.ofTests(backupDisk);

  for (const round of ROUNDS) it(title(round), () => scene.wakes(round));
});

describe("alerts of what lasts, where each service is a process", function () {
  this.timeout(1_800_000);
  const scene = MetricsScene.ofTests(undefined, { PROCESSES: "apart" });

  for (const round of ROUNDS_APART) it(title(round), () => scene.wakes(round));
});
