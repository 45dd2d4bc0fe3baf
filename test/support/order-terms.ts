export { limitOrder, marketOrder } from "../../packages/matching-core/test/support/order-terms.js";
