import { REJECTS, type RejectName } from "../../src/shared/domain/rejects.js";
import { waitFor } from "../../src/shared/process/waits.js";
import { patience } from "../../test/support/machine.js";
import { NotRecovered } from "./recovery.js";
import type { World } from "./world.js";

const REFUSED_WITHIN_MS = 15_000;

/** Resolves when somebody was refused with `name`: on a slow machine it takes longer until queues are full, or until anybody asks. */
export async function refusal({ load }: World, name: RejectName): Promise<void> {
  const count = () => load.attempts.refused.get(REJECTS[name].code) ?? 0;
  const before = count();
  const deadlineMs = patience(REFUSED_WITHIN_MS);
  const isSeen = await waitFor(`a refusal with ${name}`, { deadlineMs }, () => (count() > before ? true : null)).catch(
    () => false,
  );
  if (!isSeen) throw new NotRecovered(`nobody was refused with ${name} within ${deadlineMs} ms`);
}
