/** Transfers that a second operator approves, as commands of `npm run account`. */
import { randomUUID } from "node:crypto";
import { findCustomer } from "../shared/operators/accounts.js";
import { perform } from "../shared/operators/acts.js";
import { decideTransfer, requestTransfer, transferRequests } from "../shared/operators/transfer-requests.js";
import { WrongOption } from "../shared/process/options.js";
import { type Call, NEEDED_WHY, type Outcome, type Subcommand, table, timeText } from "./command-line.js";

const SHOWN_MAX = 50;

/** `reference`: the option of deposits and withdrawals. */
export function transferCommands(reference: Subcommand["options"][number]): Subcommand[] {
  return [
    {
      usage: "request <deposit|withdrawal> <account> <amount> <currency>",
      summary: "a transfer that is booked when a second operator approves it",
      options: [reference, NEEDED_WHY],
      run: request,
    },
    { usage: "requests", summary: "transfers that were asked for, the newest first", options: [], run: list },
    decider("approve", "books it; not by the key that asked for it, nor one that this key made"),
    decider("reject", "it is not booked"),
  ];
}

async function request({ database, actor, words, options }: Call): Promise<Outcome> {
  const [kind, name = "", amount = "", currency = ""] = words;
  if (kind !== "deposit" && kind !== "withdrawal") throw new WrongOption("a request is a deposit or a withdrawal");
  const account = await findCustomer(database, name);
  const reference = options.reference ?? randomUUID();
  const by = { actor, why: options.why ?? "" };
  const [made] = await perform(
    database,
    await requestTransfer(database, { kind, account, amount, currency, reference }, by),
  );
  const requestId = made?.["requestId"];
  return {
    text: `request ${requestId} waits for a second operator: npm run account -- approve ${requestId} --why …`,
    json: { requestId, kind, account: name, amount, currency, reference },
  };
}

function decider(decision: "approve" | "reject", summary: string): Subcommand {
  return {
    usage: `${decision} <request>`,
    summary,
    options: [NEEDED_WHY],
    async run({ database, actor, words, options }) {
      const [text = ""] = words;
      if (!/^\d{1,15}$/.test(text)) throw new WrongOption("a request is a number; account -- requests lists them");
      await perform(database, decideTransfer(Number(text), decision, { actor, why: options.why ?? "" }));
      const status = decision === "approve" ? "approved, and booked" : "rejected";
      return { text: `request ${text} is ${status}`, json: { requestId: Number(text), status } };
    },
  };
}

async function list({ database }: Call): Promise<Outcome> {
  const requests = await transferRequests(database, { onlyOpen: false, before: null, limit: SHOWN_MAX });
  const rows = requests.map((one) => [
    String(one.requestId),
    one.status,
    `${one.kind} ${one.amount} ${one.currency}`,
    one.account,
    `${one.requestedBy} ${timeText(one.requestedAt)}`,
    one.why,
    one.decidedBy ?? "-",
  ]);
  const head = ["request", "is", "what", "account", "asked by", "why", "decided by"];
  return { text: rows.length === 0 ? "none" : table([head, ...rows]), json: { requests } };
}
