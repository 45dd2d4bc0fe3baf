import { expect } from "chai";
import { ClientOrderIdUses, clientOrderIdsNeeded, Sequencing } from "../../../src/order-processing/sequencing.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import type { LoggedRequest, RequestBody } from "../../../src/shared/domain/messages.js";
import {
  accountId,
  commandSequence,
  epochUs,
  logId,
  lots,
  orderId,
  priceTicks,
} from "../../../src/shared/domain/units.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { limitOrder } from "../../support/order-terms.js";

const order = (clientOrderId: string | null) => limitOrder("buy", 1, 1, { clientOrderId });
const logged = (id: number, account: number, body: RequestBody): LoggedRequest => ({
  logId: logId(id),
  accountId: accountId(account),
  receivedAtUs: epochUs(1),
  body,
});
const BTC_USD = loadAssets(`${projectRoot}config/assets.json`).assets.get("BTC-USD")!;
const sequence = (requests: readonly LoggedRequest[], ids = new ClientOrderIdUses(), isSuspended = () => false) =>
  new Sequencing(ids, null, isSuspended).sequence(BTC_USD, requests, commandSequence(10), epochUs(99)).commands;
const cancelById = (clientOrderId: string): RequestBody => ({ kind: "cancel", orderId: null, clientOrderId });
const used = (asset: string, id: number) => ({ asset, orderId: orderId(id) });
const KEY = { accountId: accountId(1), clientOrderId: "a" };

describe("sequencing", () => {
  it("makes one command of each request, numbered without a gap and stamped with the batch's time", () => {
    const commands = sequence([logged(256, 1, order(null)), logged(257, 2, { kind: "cancel_all", side: null })]);
    expect(commands.map(({ commandSequence, logId, atUs }) => [commandSequence, logId, atUs])).to.deep.equal([
      [11, 256, 99],
      [12, 257, 99],
    ]);
  });

  it("refuses a client order id that is on record, and names the order that has it", () => {
    const ids = new ClientOrderIdUses();
    ids.add(KEY, used("ETH-USD", 77));
    const [command] = sequence([logged(256, 1, order("a"))], ids);
    expect(command?.body).to.deep.equal({
      kind: "refuse",
      request: order("a"),
      reason: "duplicate_client_order_id",
      firstOrderId: 77,
      shortfall: null,
    });
  });

  it("refuses the second use within a batch, and lets another account have the same id", () => {
    const commands = sequence([logged(256, 1, order("a")), logged(257, 1, order("a")), logged(258, 2, order("a"))]);
    expect(commands.map(({ body }) => body.kind)).to.deep.equal(["new", "refuse", "new"]);
  });

  it("claims a replace's new client order id for the order that it replaces", () => {
    const replace = {
      kind: "replace",
      orderId: orderId(256),
      quantityLots: lots(1),
      priceTicks: priceTicks(1),
      cover: null,
    } as const;
    const commands = sequence([logged(300, 1, { ...replace, clientOrderId: "b" }), logged(301, 1, cancelById("b"))]);
    expect(commands[1]?.body).to.include({ kind: "cancel", orderId: 256 });
  });

  it("finds the order that a cancel names by client order id, on record or in the same batch", () => {
    const ids = new ClientOrderIdUses();
    ids.add(KEY, used("BTC-USD", 77));
    const commands = sequence(
      [logged(256, 1, cancelById("a")), logged(257, 1, order("b")), logged(258, 1, cancelById("b"))],
      ids,
    );
    expect(commands.map(({ body }) => ("orderId" in body ? body.orderId : null))).to.deep.equal([77, null, 257]);
  });

  it("refuses a cancel whose client order id is unknown, another account's or another asset's", () => {
    const ids = new ClientOrderIdUses();
    ids.add(KEY, used("ETH-USD", 77));
    const commands = sequence(
      [logged(256, 1, cancelById("a")), logged(257, 2, cancelById("a")), logged(258, 1, cancelById("x"))],
      ids,
    );
    for (const { body } of commands)
      expect(body).to.include({ kind: "refuse", reason: "unknown_order", firstOrderId: null });
  });

  it("is not confused by ids that look like keys of an object", () => {
    const commands = sequence([logged(256, 1, order("__proto__")), logged(257, 1, order("constructor"))]);
    expect(commands.map(({ body }) => body.kind)).to.deep.equal(["new", "new"]);
  });

  it("asks for the client order ids of cancels, and of accounts that repeat theirs", () => {
    const requests = [
      logged(1, 1, order("a")),
      logged(2, 1, cancelById("b")),
      logged(3, 1, { kind: "cancel_all", side: null }),
    ];
    const ofCancel = { ...KEY, clientOrderId: "b" };
    expect(clientOrderIdsNeeded(requests, () => false)).to.deep.equal([ofCancel]);
    expect(clientOrderIdsNeeded(requests, () => true)).to.deep.equal([KEY, ofCancel]);
  });

  it("refuses the orders and replaces of a suspended account, and lets its cancels through", () => {
    const replace = { kind: "replace", orderId: orderId(1), quantityLots: lots(1), priceTicks: priceTicks(1) } as const;
    const ids = new ClientOrderIdUses();
    ids.add(KEY, used("BTC-USD", 77));
    const bodies: RequestBody[] = [
      order(null),
      { ...replace, clientOrderId: null, cover: null },
      { kind: "cancel", orderId: orderId(1), clientOrderId: null },
      { kind: "cancel_all", side: null },
      order("a"),
    ];
    const requests = bodies.map((body, index) => logged(256 + index, 1, body));
    const decided = sequence(requests, ids, () => true).map(({ body }) =>
      body.kind === "refuse" ? body.reason : body.kind,
    );
    expect(decided).to.deep.equal([
      "account_suspended",
      "account_suspended",
      "cancel",
      "cancel_all",
      "duplicate_client_order_id",
    ]);
  });
});
