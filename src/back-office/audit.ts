/** What was done, and what was found: the audit, reconciliation's differences, messages that could not be handled. */
import { type Static, Type } from "@sinclair/typebox";
import { connectBus } from "../shared/bus/bus.js";
import { subjectOf } from "../shared/bus/subjects.js";
import { streamSequence } from "../shared/domain/units.js";
import { auditOf, findAccount } from "../shared/operators/accounts.js";
import type { DeskPlugin } from "./context.js";
import { following, LIMIT, NEXT, query, TEXT_OR_NULL, TIME, TIME_OR_NULL } from "./schemas.js";

const ANSWER_DEADLINE_MS = 3_000;
const LETTERS_MAX = 50;

const ACTION = Type.Object({
  actionId: Type.Integer(),
  madeAt: TIME,
  madeBy: Type.String({ description: "an operator's key, a user of the system, or a service" }),
  kind: Type.String(),
  account: TEXT_OR_NULL,
  about: TEXT_OR_NULL,
  why: Type.String(),
});
const ACTIONS = Type.Object({ actions: Type.Array(ACTION), next: NEXT });
const DIFFERENCE = Type.Object({
  differenceId: Type.Integer(),
  rule: Type.String(),
  what: Type.String({ description: "the row, what it says, and what it should" }),
  assets: Type.Array(Type.String()),
  firstSeenAt: TIME,
  lastSeenAt: TIME,
  resolvedAt: TIME_OR_NULL,
});
const DIFFERENCES = Type.Object({ differences: Type.Array(DIFFERENCE), next: NEXT });
const LETTER = Type.Object({
  place: Type.Integer(),
  service: Type.String(),
  asset: TEXT_OR_NULL,
  stream: TEXT_OR_NULL,
  sequence: TEXT_OR_NULL,
  reason: TEXT_OR_NULL,
  storedAt: TIME,
  bytes: Type.Integer(),
});
const LETTERS = Type.Object({ letters: Type.Array(LETTER), next: NEXT });

export const audit: DeskPlugin = (server, { database, config, operatorsOnly: preValidation, service }) => {
  const tags = ["audit"];

  server.get(
    "/api/actions",
    {
      preValidation,
      schema: {
        tags,
        summary: "Who did what, when and why, the newest first",
        querystring: query({ account: Type.Optional(Type.String({ maxLength: 100 })), limit: LIMIT, next: NEXT }),
        response: { 200: ACTIONS },
      },
    },
    async (request): Promise<Static<typeof ACTIONS>> => {
      const { account: name, limit = 100, next = null } = request.query;
      const account = name === undefined ? null : (await findAccount(database, name)).accountId;
      const actions = await auditOf(database, account, limit, next);
      return { actions, ...following(actions, limit, ({ actionId }) => actionId) };
    },
  );

  server.get(
    "/api/differences",
    {
      preValidation,
      schema: {
        tags,
        summary: "What reconciliation has found to differ, the newest first",
        querystring: query({ open: Type.Optional(Type.Boolean()), limit: LIMIT, next: NEXT }),
        response: { 200: DIFFERENCES },
      },
    },
    async (request): Promise<Static<typeof DIFFERENCES>> => {
      const { open = false, limit = 100, next = null } = request.query;
      const differences = await database.query<Static<typeof DIFFERENCE>>(
        `select difference_id as "differenceId", rule, assets, first_seen_at as "firstSeenAt",
           last_seen_at as "lastSeenAt", resolved_at as "resolvedAt",
           format('%s.%s of %s is %s, expected is %s', table_name, column_name, key, found, expected) as what
         from reconciliation_differences
         where (not $1 or resolved_at is null) and ($2::bigint is null or difference_id < $2)
         order by difference_id desc limit $3`,
        [open, next, limit],
      );
      return { differences, ...following(differences, limit, ({ differenceId }) => differenceId) };
    },
  );

  server.get(
    "/api/dead-letters",
    {
      preValidation,
      schema: {
        tags,
        summary: "Messages that a service could not handle, with why, the oldest first",
        querystring: query({ next: NEXT }),
        response: { 200: LETTERS },
      },
    },
    async (request): Promise<Static<typeof LETTERS>> => {
      const options = { name: "back-office", log: service.log };
      const bus = await connectBus(config.places().natsUrl, options, ANSWER_DEADLINE_MS);
      try {
        const letters: Static<typeof LETTER>[] = [];
        let after = streamSequence(request.query.next ?? 0);
        while (letters.length < LETTERS_MAX) {
          const message = await bus.nextMessage("DEAD_LETTERS", subjectOf("DEAD_LETTERS", "*"), after);
          if (message === null) break;
          after = message.streamSequence;
          const {
            asset = null,
            stream = null,
            sequence = null,
            reason = null,
          } = await bus.headersAt("DEAD_LETTERS", after);
          const { subject, storedAtUs, data } = message;
          const from = subject.slice(subject.indexOf(".") + 1);
          const storedAt = new Date(storedAtUs / 1_000);
          letters.push({ place: after, service: from, asset, stream, sequence, reason, storedAt, bytes: data.length });
        }
        return { letters, ...following(letters, LETTERS_MAX, ({ place }) => place) };
      } finally {
        await bus.close();
      }
    },
  );
};
