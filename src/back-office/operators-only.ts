/** Who may be at the desk: whoever has a key of the role operator, whose account is not suspended. Nothing is remembered of a key. */
import type { preValidationAsyncHookHandler } from "fastify";
import type { Access } from "../shared/access/access-feed.js";
import { authenticator } from "../shared/access/authentication.js";
import { KeyCheck } from "../shared/access/key-check.js";
import type { ConnectedDatabase } from "../shared/database/database.js";
import { refuse } from "../shared/domain/rejects.js";
import { BasicScheme } from "../shared/http/basic-scheme.js";
import { Identification, identityOf } from "../shared/http/identification.js";
import { Problem } from "../shared/http/problem.js";
import type { Logger } from "../shared/process/log.js";

const LIMITS = {
  waitingMax: 64,
  answerTimeoutMs: 3_000,
  wrong: { perAddress: 20, perKey: 20 },
  slowedMs: 1_000,
};
/** Each request asks Postgres whether its key is good: there is nothing to follow. */
const NOTHING_FOLLOWED: Access = { isSuspended: () => false, isRevoked: () => false, stateOf: () => "open" };

export function operatorsOnly(database: ConnectedDatabase, log: Logger): preValidationAsyncHookHandler[] {
  const lane = database.lane({ connections: 1, timeoutMs: LIMITS.answerTimeoutMs / 2 });
  const identification = new Identification(NOTHING_FOLLOWED);
  identification.add(new BasicScheme(new KeyCheck(authenticator(lane), LIMITS, log), 0));
  return [
    identification.requires("operator"),
    async (request) => {
      const { accountId, account, keyId } = identityOf(request);
      const [row] = await lane.query<{ suspended: boolean }>("select suspended from accounts where account_id = $1", [
        accountId,
      ]);
      if (row?.suspended !== false)
        throw new Problem(
          refuse("ACCOUNT_SUSPENDED", `${keyId} belongs to ${account}, which is suspended: it acts for nobody`),
        );
    },
  ];
}
