import { expect } from "chai";
import sinon from "sinon";
import { type Bus, ERROR_CODES, type PublishOutcome } from "../../../../src/shared/bus/bus.js";
import type { InputMessage } from "../../../../src/shared/bus/reader.js";
import { Fenced } from "../../../../src/shared/domain/errors.js";
import { epochUs, type StreamSequence, streamSequence } from "../../../../src/shared/domain/units.js";
import { FencedOutput } from "../../../../src/shared/stage/fenced-output.js";
import { serviceForTest } from "../../../support/service.js";

const OURS = Buffer.from("ours");
const STORED = { kind: "stored", streamSequence: streamSequence(8), duplicate: false } as const;
const UNKNOWN = { kind: "unknown" } as const;
const FENCED = { kind: "refused", errorCode: ERROR_CODES.WRONG_LAST_SEQUENCE, description: "wrong last" } as const;
const PUBLISHES_MAX = 100;

function message(sequence: number, text: string): InputMessage {
  const place = { streamSequence: streamSequence(sequence), storedAtUs: epochUs(0) };
  return { subject: "commands.BTC-USD", ...place, data: Buffer.from(text) };
}

describe("a fenced output", () => {
  let clock: sinon.SinonFakeTimers;
  let last: InputMessage;
  let outcomes: PublishOutcome[];
  let after: StreamSequence[];

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    last = message(7, "before");
    outcomes = [];
    after = [];
  });
  afterEach(() => clock.restore());

  /** `meanwhile` is stored when it publishes for the first time. */
  async function publishing(meanwhile?: InputMessage): Promise<{ output: FencedOutput; published: Promise<void> }> {
    const bus: Pick<Bus, "publish" | "lastMessage" | "handOn"> = {
      handOn: () => undefined,
      lastMessage: async () => last,
      publish: async (_subject, _payload, { expectedLastSubjectSequence = streamSequence(0) }) => {
        after.push(expectedLastSubjectSequence);
        last = meanwhile ?? last;
        if (after.length > PUBLISHES_MAX) throw new Error("it is published again without end");
        return outcomes.shift() ?? FENCED;
      },
    };
    const { log, stopping } = serviceForTest("order-processing");
    const output = new FencedOutput(bus as Bus, { log, stopping }, "order-processing", "BTC-USD");
    await output.open();
    return { output, published: output.publish(OURS) };
  }

  it("follows the subject's last message, and tries again until it is stored", async () => {
    outcomes = [{ kind: "unavailable" }, UNKNOWN, STORED];
    const { output, published } = await publishing();
    await clock.runAllAsync();
    await published;
    expect([after, output.last]).to.deep.equal([[7, 7, 7], 8]);
  });

  it("finds what is stored though nobody said so, and publishes it no second time", async () => {
    outcomes = [UNKNOWN];
    const { output, published } = await publishing(message(9, "ours"));
    await clock.runAllAsync();
    await published;
    expect([after, output.last]).to.deep.equal([[7], 9]);
  });

  it("gives up at once where another writer is there", async () => {
    const { published } = await publishing(message(9, "another's"));
    const failure = await published.catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Fenced);
  });

  it("takes its time where it is refused and nothing is there that it does not know", async () => {
    const { published } = await publishing();
    await clock.tickAsync(1_000);
    expect(after.length).to.be.within(2, 10);
    last = message(8, "ours");
    await clock.tickAsync(1_000);
    await published;
  });
});
