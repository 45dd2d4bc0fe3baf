/** Alerts that need minutes of trouble each: `npm run test:alerts`, after a change of the rules or of what they look at. */
import { type Cause, MetricsScene } from "./metrics-scene.js";

/** Each round's causes don't disturb one another. */
const ROUNDS: readonly (readonly Cause[])[] = [
  [
    {
      of: "broken connections",
      alerts: ["ConnectionsBreak"],
      begin: (causes) => causes.brokenConnections("order-handler"),
    },
    {
      of: "a process that stands still",
      alerts: ["ServiceDown"],
      begin: (causes) => causes.freeze("market-data-notifier"),
    },
    {
      of: "a target that vanished",
      alerts: ["ServiceMissing"],
      begin: (causes) => causes.forgottenService("reconciliation"),
    },
  ],
  [
    { of: "a garbled command", alerts: ["AssetHalted"], begin: (causes) => causes.garbled("commands", "ETH-USD") },
    { of: "a garbled order", alerts: ["DeadLetters"], begin: (causes) => causes.garbled("orders", "SOL-USDC") },
    { of: "an edited balance", alerts: ["BooksDiffer"], begin: (causes) => causes.editedBalance() },
    { of: "sessions", alerts: ["QueueNearlyFull"], begin: (causes) => causes.manySessions() },
    { of: "a deadlock", alerts: ["PostgresDeadlocks"], begin: (causes) => causes.deadlock() },
    {
      of: "connections",
      alerts: ["PostgresConnectionsNearlyUsed"],
      begin: (causes) => causes.manyDatabaseConnections(),
    },
    {
      of: "a standby that is not there",
      alerts: ["PostgresStandbyMissing"],
      begin: (causes) => causes.missingStandby(),
    },
    { of: "junk", alerts: ["StreamNearlyFull"], begin: (causes) => causes.filledStream() },
    { of: "a forgetful reader", alerts: ["DepthLost"], begin: (causes) => causes.forgetfulReader("BTC-USD") },
    {
      of: "a starved process",
      alerts: ["EventLoopLate"],
      begin: (causes) => causes.stutter("market-data-notifier", 400, 100),
    },
  ],
  [
    {
      of: "a locked table while orders come",
      alerts: ["RequestsWait", "StageBehind", "PostgresLocksWait"],
      begin: async (causes) => {
        await causes.orders("BTC-USD", 2);
        await causes.processed("BTC-USD");
        await causes.lockedTable("order_log");
      },
    },
  ],
  [
    {
      of: "a nats-server that hardly runs while orders come",
      alerts: ["AcknowledgementsSlow"],
      begin: async (causes) => {
        await causes.orders("BTC-USD", 10);
        causes.stutter("nats", 600, 200);
      },
    },
  ],
  [
    {
      of: "a service that starts while somebody holds the positions",
      alerts: ["StillRecovering"],
      begin: async (causes) => {
        await causes.lockedTable("consumer_positions", "all");
        causes.kill("order-processing");
      },
    },
  ],
  [
    {
      of: "nats-server that stands still while orders come",
      alerts: ["ServerAway", "OrdersRefused"],
      begin: async (causes) => {
        await causes.orders("SOL-USDC", 20);
        causes.freeze("nats");
      },
    },
  ],
];

describe("alerts", function () {
  this.timeout(1_200_000);
  const scene = MetricsScene.ofTests();

  for (const round of ROUNDS) it(`wake people for ${round.map(({ of }) => of).join(", ")}`, () => scene.wakes(round));
});
