/**
 * The topology of the pipeline, one entry a service: the stream that it reads, the one that it writes, the fence that keeps a
 * second writer out, and where its position is kept. The services are wired by it, and docs/arch.md quotes it.
 */

export const TOPOLOGY = {
  "order-handler": {
    input: null,
    output: "ORDERS",
    fence: "none: each process appends requests of its own clients",
    position: "none: it owes nothing but the answer",
  },
  gateway: {
    input: "NOTIFICATIONS",
    output: "ORDERS",
    fence: "none: each process appends requests of its own clients",
    position: "none: it starts at the end, for answers that wait for a result",
  },
  "order-processing": {
    input: "ORDERS",
    output: "COMMANDS",
    fence: "its row of `consumer_positions`; the last sequence of `commands.<asset>`",
    position: "its row of `consumer_positions`, moved with the rows of `order_log`",
  },
  "matching-engine": {
    input: "COMMANDS",
    output: "EXECUTIONS",
    fence: "the last sequence of `executions.<asset>`",
    position: "its last message in `EXECUTIONS`; a snapshot spares the way to there",
  },
  "trade-processing": {
    input: "EXECUTIONS",
    output: "NOTIFICATIONS",
    fence: "its row of `consumer_positions`",
    position: "its row of `consumer_positions`, moved with trades, reports and money",
  },
  "market-data-notifier": {
    input: "NOTIFICATIONS",
    output: null,
    fence: "none: each process tells its own subscribers",
    position: "none: it starts at the end, and reads what it misses from Postgres",
  },
} as const;

/** The stages that run the loop (stage-loop.ts). */
export type StageName = "order-processing" | "matching-engine" | "trade-processing";
