import { expect } from "chai";
import { AccountFeed, type FeedReport } from "../../../../src/shared/channels/account-feed.js";

const report = (accountSequence: number): FeedReport => ({
  accountSequence,
  matchedAtUs: 0,
  json: { accountSequence },
});
const sequences = (reports: readonly FeedReport[] | null) =>
  reports?.map(({ accountSequence }) => accountSequence) ?? null;

const UNCOUNTED = { recent: () => undefined, held: () => undefined };

function feedAt(position: number, recentMax = 3): AccountFeed {
  const feed = new AccountFeed({ recentMax, heldMax: 100 }, UNCOUNTED);
  feed.settledUpTo(position);
  return feed;
}

function offerAll(feed: AccountFeed, ...numbers: number[]): void {
  for (const number of numbers) feed.offer(report(number));
}

describe("an account's feed", () => {
  it("starts after what was settled when it was first asked", () => {
    const feed = new AccountFeed({ recentMax: 10, heldMax: 10 }, UNCOUNTED);
    offerAll(feed, 5, 6, 7);
    feed.settledUpTo(6);
    expect(sequences(feed.release(10))).to.deep.equal([7]);
  });

  it("takes a later settled sequence for reports that must come", () => {
    const feed = feedAt(6);
    feed.settledUpTo(8);
    expect(feed.position).to.equal(6);
    expect(feed.hole(100)).to.deep.equal({ after: 6, upTo: 8 });
  });

  it("remembers what it released, for those who come from the past", () => {
    const feed = feedAt(0);
    offerAll(feed, 1, 2, 3);
    feed.release(10);
    expect(sequences(feed.recentAfter(1))).to.deep.equal([2, 3]);
  });

  it("has nothing for those who are where it is, or further", () => {
    const feed = feedAt(5);
    expect(sequences(feed.recentAfter(5))).to.deep.equal([]);
    expect(sequences(feed.recentAfter(9))).to.deep.equal([]);
  });

  it("sends those to the database who come from longer ago than it remembers", () => {
    const feed = feedAt(0, 3);
    offerAll(feed, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    feed.release(10);
    expect(feed.recentAfter(5)).to.equal(null);
    expect(sequences(feed.recentAfter(6))).to.deep.equal([7, 8, 9]);
  });

  it("sends those to the database who come from before its start", () => {
    const feed = feedAt(5);
    offerAll(feed, 6);
    feed.release(10);
    expect(feed.recentAfter(4)).to.equal(null);
  });

  it("tells how much it keeps, and lets go of it when it is told to", () => {
    const kept = { recent: 0, held: 0 };
    const feed = new AccountFeed(
      { recentMax: 2, heldMax: 100 },
      {
        recent: (reports) => {
          kept.recent += reports;
        },
        held: (reports) => {
          kept.held += reports;
        },
      },
    );
    feed.settledUpTo(0);
    offerAll(feed, 1, 2, 3, 4, 5, 7, 8);
    feed.release(10);
    expect(kept).to.deep.equal({ recent: 2, held: 2 });
    feed.forgetRecent();
    feed.keepNext(0);
    expect(kept).to.deep.equal({ recent: 0, held: 0 });
    expect(feed.recentAfter(4)).to.equal(null);
    expect(feed.hole(100)).to.deep.equal({ after: 5, upTo: 8 });
  });
});
