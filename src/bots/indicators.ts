/** What traders reckon from past prices, oldest first. Pure; null where there are too few of them to say. */

/** The simple moving average of the last `length` prices. */
export function movingAverage(prices: readonly number[], length: number): number | null {
  if (length < 1 || prices.length < length) return null;
  return sum(prices.slice(-length)) / length;
}

/** The standard deviation of the last `length` prices, of the whole population. */
export function standardDeviation(prices: readonly number[], length: number): number | null {
  const mean = movingAverage(prices, length);
  if (mean === null) return null;
  return Math.sqrt(sum(prices.slice(-length).map((price) => (price - mean) ** 2)) / length);
}

/** How many standard deviations the last price is above the mean of the last `length`; 0 where prices don't move. */
export function zScore(prices: readonly number[], length: number): number | null {
  const mean = movingAverage(prices, length);
  const deviation = standardDeviation(prices, length);
  const last = prices.at(-1);
  if (mean === null || deviation === null || last === undefined) return null;
  return deviation === 0 ? 0 : (last - mean) / deviation;
}

/** The relative strength index of the last `length` changes, 0 to 100, by simple averages (Cutler); 50 where prices don't move. */
export function relativeStrength(prices: readonly number[], length: number): number | null {
  if (length < 1 || prices.length <= length) return null;
  const changes = changesOf(prices.slice(-length - 1));
  const gained = sum(changes.filter((change) => change > 0));
  const lost = -sum(changes.filter((change) => change < 0));
  return gained + lost === 0 ? 50 : (100 * gained) / (gained + lost);
}

/** How much higher the average of the last `recent` prices is than that of the `older` before, in percent. */
export function trendPercent(prices: readonly number[], recent: number, older: number): number | null {
  const now = movingAverage(prices, recent);
  const before = movingAverage(prices.slice(0, -recent), older);
  return now === null || before === null || before === 0 ? null : (100 * (now - before)) / before;
}

/** The standard deviation of the relative changes between the last `length` prices. */
export function volatility(prices: readonly number[], length: number): number | null {
  if (prices.length < length || length < 2) return null;
  const last = prices.slice(-length);
  const returns = changesOf(last).map((change, at) => change / (last[at] as number));
  return standardDeviation(returns, returns.length);
}

function changesOf(prices: readonly number[]): number[] {
  return prices.slice(1).map((price, at) => price - (prices[at] as number));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
