/**
 * Settings of the connection that writes: Postgres plans by index only, and by as much of a key as it can. Statements are prepared
 * once, when tables may still be empty, and their plans must stay good when the tables have grown. So a walk through an index that
 * is short today (all open orders, each compared with all of a batch) counts as dear.
 */
export const WRITER_SETTINGS = [
  "plan_cache_mode = force_generic_plan",
  "cpu_index_tuple_cost = 10",
  ...["seqscan", "bitmapscan", "material", "hashjoin", "mergejoin"].map((way) => `enable_${way} = off`),
]
  .map((setting) => `set ${setting}`)
  .join("; ");
