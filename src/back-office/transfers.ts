import { randomUUID } from "node:crypto";
import { type Static, Type } from "@sinclair/typebox";
import { findCustomer } from "../shared/operators/accounts.js";
import { decideTransfer, requestTransfer, transferRequests } from "../shared/operators/transfer-requests.js";
import type { DeskPlugin } from "./context.js";
import { act, done, following, LIMIT, NEXT, query, TEXT_OR_NULL, TIME, TIME_OR_NULL } from "./schemas.js";

const TRANSFER_FIELDS = {
  account: Type.String({ maxLength: 100 }),
  amount: Type.String({ maxLength: 40, description: "decimal text of the currency" }),
  currency: Type.String({ maxLength: 20 }),
};
const KIND = Type.Unsafe<"deposit" | "withdrawal">({ type: "string", enum: ["deposit", "withdrawal"] });
const REQUEST = Type.Object({
  requestId: Type.Integer(),
  kind: Type.String(),
  ...TRANSFER_FIELDS,
  reference: Type.String(),
  status: Type.String({ description: "open, approved or rejected" }),
  requestedBy: Type.String(),
  requestedAt: TIME,
  why: Type.String(),
  decidedBy: TEXT_OR_NULL,
  decidedAt: TIME_OR_NULL,
  decision: TEXT_OR_NULL,
});
const REQUESTS = Type.Object({ requests: Type.Array(REQUEST), next: NEXT });
const NEW_REQUEST = act({
  kind: KIND,
  ...TRANSFER_FIELDS,
  reference: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "it is asked for and booked once for each; default: a random one",
    }),
  ),
});
const MADE_REQUEST = done({ requestId: Type.Optional(Type.Integer()), reference: Type.Optional(Type.String()) });
const DECIDED = done({ requestId: Type.Integer(), status: Type.String() });
const REQUEST_PATH = Type.Object({ requestId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });

const STATUS = { approve: "approved", reject: "rejected" } as const;
const WHAT = {
  approve: "Books a transfer that another operator has asked for",
  reject: "A transfer is not booked; who asked for it may say so, too",
};

export const transfers: DeskPlugin = (server, { database, operatorsOnly: preValidation, acts }) => {
  const tags = ["transfers"];

  server.get(
    "/api/transfers",
    {
      preValidation,
      schema: {
        tags,
        summary: "Transfers that were asked for, the newest first",
        querystring: query({
          status: Type.Optional(Type.Unsafe<"open" | "all">({ type: "string", enum: ["open", "all"], default: "all" })),
          limit: LIMIT,
          next: NEXT,
        }),
        response: { 200: REQUESTS },
      },
    },
    async (request): Promise<Static<typeof REQUESTS>> => {
      const { status, limit = 100, next: before = null } = request.query;
      const requests = await transferRequests(database, { onlyOpen: status === "open", before, limit });
      return { requests, ...following(requests, limit, ({ requestId }) => requestId) };
    },
  );

  server.post(
    "/api/transfers",
    {
      preValidation,
      schema: {
        tags,
        summary: "Asks for a deposit or a withdrawal, which a second operator approves",
        body: NEW_REQUEST,
        response: { 200: MADE_REQUEST },
      },
    },
    async (request): Promise<Static<typeof MADE_REQUEST>> => {
      const { kind, account: name, amount, currency, reference = randomUUID(), why } = request.body;
      const { isRepeated, row } = await acts.perform(request, why, async (by) => {
        const account = await findCustomer(database, name);
        return requestTransfer(database, { kind, account, amount, currency, reference }, by);
      });
      const requestId = row["requestId"] as number | undefined;
      return { isRepeated, ...(requestId !== undefined && { requestId, reference }) };
    },
  );

  for (const decision of ["approve", "reject"] as const)
    server.post(
      `/api/transfers/:requestId/${decision}`,
      {
        preValidation,
        schema: { tags, summary: WHAT[decision], params: REQUEST_PATH, body: act({}), response: { 200: DECIDED } },
      },
      async (request): Promise<Static<typeof DECIDED>> => {
        const { requestId } = request.params;
        const decided = (by: { actor: string; why: string }) => decideTransfer(requestId, decision, by);
        const { isRepeated } = await acts.perform(request, request.body.why, decided);
        return { isRepeated, requestId, status: STATUS[decision] };
      },
    );
};
