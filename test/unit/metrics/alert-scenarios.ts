/** For each alert, series in which it fires and no other does, and series just below that, in which none does. */

/** Series in the notation of `promtool test rules`, a sample every five seconds. */
export type Series = Readonly<Record<string, string>>;

export interface AlertScenario {
  readonly alert: string;
  readonly trouble: Series;
  readonly well: Series;
  /** When the trouble begins to show, in seconds; rates need a while to be known. */
  readonly showsAfterSeconds?: number;
  /** A service whose target is missing while there is trouble. */
  readonly missing?: string;
}

/** A value that stays as it is; one that grows by so much with each sample. */
const stays = (value: number) => `${value}x360`;
const grows = (by: number) => `0+${by}x360`;
/** Once, after fifty seconds. */
const steps = (from: number, to: number) => `${from}x9 ${to}x350`;

/** A metric's value, with those labels, while there is trouble and while there is none. */
function oneSeries(alert: string, series: string, trouble: string, well: string, showsAfterSeconds = 0): AlertScenario {
  return { alert, trouble: { [series]: trouble }, well: { [series]: well }, showsAfterSeconds };
}

const OF = 'service="matching-engine",asset="BTC-USD"';
const ACK = (le: string) => `bourse_handler_ack_seconds_bucket{le="${le}"}`;
const DELAY = (part: string) => `bourse_event_loop_delay_seconds_${part}{service="order-handler"}`;

export const ALERT_SCENARIOS: readonly AlertScenario[] = [
  oneSeries("ServiceDown", 'up{job="bourse",service="matching-engine",instance="second"}', stays(0), stays(1)),
  { alert: "ServiceMissing", missing: "reconciliation", trouble: {}, well: {} },
  oneSeries("ServerAway", 'bourse_ready{check="nats",service="order-handler"}', stays(0), stays(1)),
  oneSeries("ConnectionsBreak", "bourse_nats_reconnects_total", grows(1), steps(0, 1), 60),
  {
    alert: "EventLoopLate",
    trouble: { [DELAY("sum")]: grows(2), [DELAY("count")]: grows(25) },
    well: { [DELAY("sum")]: grows(1), [DELAY("count")]: grows(25) },
    showsAfterSeconds: 10,
  },
  oneSeries("AssetHalted", `bourse_stage_halted{${OF}}`, stays(1), stays(0)),
  oneSeries("DeadLetters", 'bourse_stream_messages{stream="DEAD_LETTERS"}', stays(1), stays(0)),
  oneSeries("StillRecovering", 'bourse_ready{check="replay",service="matching-engine"}', stays(0), stays(1)),
  oneSeries("RequestsWait", "bourse_handler_backlog_seconds", stays(6), stays(5)),
  oneSeries("StageBehind", `bourse_stage_lag_seconds{${OF}}`, stays(6), stays(5)),
  oneSeries("OrdersRefused", 'bourse_handler_rejects_total{name="BUSY"}', grows(10), grows(4), 60),
  {
    alert: "AcknowledgementsSlow",
    trouble: { [ACK("0.25")]: grows(98), [ACK("0.5")]: grows(100), [ACK("+Inf")]: grows(100) },
    well: { [ACK("0.25")]: grows(100), [ACK("0.5")]: grows(100), [ACK("+Inf")]: grows(100) },
    showsAfterSeconds: 10,
  },
  oneSeries("AccountLimited", "bourse_handler_limited_accounts", stays(1), stays(0)),
  {
    alert: "SnapshotsOld",
    trouble: { [`bourse_snapshot_age_seconds{${OF}}`]: stays(601), [`bourse_commands_total{${OF}}`]: grows(1) },
    well: { [`bourse_snapshot_age_seconds{${OF}}`]: stays(601), [`bourse_commands_total{${OF}}`]: stays(7) },
    showsAfterSeconds: 10,
  },
  oneSeries("StandbyBehind", `bourse_standby_lag_seconds{${OF}}`, stays(6), stays(5)),
  oneSeries("BooksDiffer", 'bourse_reconciliation_differences{asset="BTC-USD"}', stays(1), stays(0)),
  oneSeries("NobodyReconciles", "bourse_reconciliation_passed_at_seconds", stays(0), grows(5), 605),
  oneSeries("ReconciliationBehind", "bourse_reconciliation_oldest_unchecked_seconds", stays(601), stays(600)),
  oneSeries("StreamTrouble", 'bourse_stream_trouble{stream="ORDERS",trouble="gone"}', stays(1), stays(0)),
  {
    alert: "StreamNearlyFull",
    trouble: {
      'bourse_stream_bytes{stream="ORDERS"}': stays(81),
      'bourse_stream_limit_bytes{stream="ORDERS"}': stays(100),
    },
    well: {
      'bourse_stream_bytes{stream="ORDERS"}': stays(80),
      'bourse_stream_limit_bytes{stream="ORDERS"}': stays(100),
      'bourse_stream_bytes{stream="DEPTH"}': stays(100), // drops the oldest: may be full
      'bourse_stream_limit_bytes{stream="DEPTH"}': stays(100),
    },
  },
  oneSeries("ReplicaOutOfStep", 'bourse_stream_replica_current{stream="ORDERS",server="nats-2"}', stays(0), stays(1)),
  oneSeries("QueueNearlyFull", 'bourse_queue_fill_ratio{queue="log",asset="BTC-USD"}', stays(0.91), stays(0.9)),
  {
    alert: "PostgresConnectionsNearlyUsed",
    trouble: { bourse_postgres_connections: stays(91), bourse_postgres_connections_max: stays(100) },
    well: { bourse_postgres_connections: stays(90), bourse_postgres_connections_max: stays(100) },
  },
  oneSeries(
    "PostgresLocksWait",
    'bourse_postgres_locks{is="waited for"}',
    stays(1),
    Array.from({ length: 50 }, () => "1 0x5").join(" "), // sometimes, for a moment
  ),
  oneSeries("HistoryDaysShort", "bourse_history_days_ahead", stays(2), stays(3)),
  oneSeries("PostgresDeadlocks", "bourse_postgres_deadlocks_total", steps(5, 6), stays(6), 60),
  {
    alert: "PostgresStandbyMissing",
    trouble: { bourse_postgres_standby_wanted: stays(1), 'bourse_postgres_standbys{is="synchronous"}': stays(0) },
    well: { bourse_postgres_standby_wanted: stays(1), 'bourse_postgres_standbys{is="synchronous"}': stays(1) },
  },
  oneSeries("PostgresStandbyBehind", "bourse_postgres_standby_lag_bytes", stays(300e6), stays(200e6)),
  oneSeries("BackupOld", "bourse_backup_made_at_seconds", stays(-93_601), stays(0)),
  oneSeries("LogNotArchived", "bourse_postgres_archive_failures_total", grows(1), steps(0, 1), 60),
  oneSeries("BackupDiskNearlyFull", "bourse_backup_disk_fill_ratio", stays(0.91), stays(0.9)),
  oneSeries("SubscribersCut", 'bourse_notifier_lagged_total{reason="slow"}', grows(1), steps(0, 5), 60),
  oneSeries("DepthLost", `bourse_depth_books_total{${OF}}`, grows(1), grows(0.4), 200),
];
