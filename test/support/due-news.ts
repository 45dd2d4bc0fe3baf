import type { News } from "../../src/shared/database/news.js";
import { pausedFor } from "../../src/shared/process/waits.js";

const AGAIN_MS = 10;

/** News for those who follow actions without Postgres: it is always time to ask. */
export const DUE_NEWS: News = {
  isDue: () => true,
  come: (stopping) => pausedFor(AGAIN_MS, stopping),
  ask: (question) => question(),
};
