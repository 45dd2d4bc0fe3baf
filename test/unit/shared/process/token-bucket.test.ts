import { expect } from "chai";
import { TokenBucket } from "../../../../src/shared/process/token-bucket.js";

const take = (bucket: TokenBucket, times: number, nowMs: number) =>
  Array.from({ length: times }, () => bucket.take(nowMs)).filter(Boolean).length;

describe("a token bucket", () => {
  it("lets its burst through at once, and not one more", () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 5 }, 0);
    expect([take(bucket, 5, 0), take(bucket, 1, 0)]).to.deep.equal([5, 0]);
  });

  it("refills steadily, to the moment, and never above its burst", () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 5 }, 0);
    take(bucket, 5, 0);
    expect([take(bucket, 1, 499), take(bucket, 2, 500), take(bucket, 9, 1_000)]).to.deep.equal([0, 1, 1]);
    expect(take(bucket, 9, 600_000)).to.equal(5);
  });

  it("is full again when all that was taken has come back", () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 5 }, 0);
    expect(bucket.isFull(0)).to.equal(true);
    take(bucket, 1, 0);
    expect([bucket.isFull(499), bucket.isFull(500)]).to.deep.equal([false, true]);
  });
});
