/** The ticker of BTC-USD before anything has come. */
export const EMPTY_TICKER = {
  asset: "BTC-USD",
  last: null,
  bestBid: null,
  bestBidQuantity: null,
  bestAsk: null,
  bestAskQuantity: null,
  open: null,
  high: null,
  low: null,
  volume: "0",
  quoteVolume: "0",
  tradeCount: 0,
};
