/** What tables say of orders and of their fills. */
import { dateTimeText, withThousands } from "../../src/shared/subscriber/formats.js";
import type { ReportJson } from "../../src/shared/subscriber/own-orders.js";
import type { Column } from "./data-table.js";

export const orderKey = ({ asset, orderId }: ReportJson) => `${asset}/${orderId}`;
export const reportKey = ({ accountSequence }: ReportJson) => String(accountSequence);
const time = (atUs: number | undefined) => (atUs === undefined ? "" : dateTimeText(atUs));
const words = (text = "") => text.replaceAll("_", " ");

export const ORDER_COLUMNS: readonly Column<ReportJson>[] = [
  { title: "Order", text: ({ asset, orderId = "" }) => `${asset} ${orderId}` },
  { title: "Side", text: ({ side }) => words(side) },
  { title: "Type", text: ({ type }) => words(type) },
  { title: "Quantity", text: ({ quantity = "" }) => quantity },
  { title: "Price", text: ({ price = "" }) => withThousands(price) },
  { title: "Filled", text: ({ filledQuantity = "" }) => filledQuantity },
  { title: "Status", text: ({ status }) => words(status) },
  { title: "Received", text: ({ receivedAtUs }) => time(receivedAtUs) },
];
export const FILL_COLUMNS: readonly Column<ReportJson>[] = [
  { title: "Order", text: ({ asset, orderId = "" }) => `${asset} ${orderId}` },
  { title: "Side", text: ({ side }) => words(side) },
  { title: "Quantity", text: ({ lastQuantity = "" }) => lastQuantity },
  { title: "Price", text: ({ lastPrice = "" }) => withThousands(lastPrice) },
  { title: "Fee", text: ({ fee = "", feeCurrency = "" }) => `${fee} ${feeCurrency}` },
  { title: "As", text: ({ liquidity }) => words(liquidity) },
  { title: "Traded", text: ({ matchedAtUs }) => time(matchedAtUs) },
];
