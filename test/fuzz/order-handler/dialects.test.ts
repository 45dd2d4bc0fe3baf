import { randomInt } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { Session, type SessionPorts } from "../../../src/order-handler/session.js";
import { isHttp } from "../../../src/order-handler/text-dialect.js";
import { parseAssets } from "../../../src/shared/domain/assets.js";
import { decimalStep, formatDecimal } from "../../../src/shared/domain/decimal.js";
import type { OrderRequest } from "../../../src/shared/domain/messages.js";
import { accountId, epochUs, logId } from "../../../src/shared/domain/units.js";
import { encodeMessage } from "../../../src/shared/wire/protobuf.js";
import { OrderMix } from "../../../tools/chaos/order-mix.js";
import { lineOf, messageOf } from "../../../tools/chaos/request-text.js";

const registry = parseAssets({
  currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [{ asset: "BTC-USD", tickSize: "0.05", lotSize: "0.0001" }],
});
const rules = { registry, nowMs: () => 0, lastPriceTicks: () => null, extraOptions: new Set<string>() };
const limits = {
  loginTimeoutMs: 1,
  frameTimeoutMs: 1,
  idleTimeoutMs: 1,
  inFlightMax: 8,
  loginFailuresMax: 3,
  strangerMessagesMax: 64,
  strangerBytesMax: 16_384,
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** What a session that is logged in submits and answers, its log answering at once. */
async function run(
  login: Uint8Array,
  chunks: readonly Uint8Array[],
): Promise<{ requests: OrderRequest[]; out: Buffer }> {
  const requests: OrderRequest[] = [];
  const ports: SessionPorts = {
    nowUs: () => epochUs(1),
    nowMs: () => 1,
    login: async () => ({ accountId: accountId(1), account: "me", keyId: "k", expiresAtMs: null, triggerId: null }),
    loginProblem: () => null,
    submit: (_asset, request, settle) => {
      requests.push(request);
      settle({ logId: logId(requests.length), loggedAtUs: epochUs(2) });
    },
    setTimer: async () => null,
    wake: () => undefined,
  };
  const session = new Session(rules, limits, ports);
  session.receive(Buffer.from(login));
  session.proceed(64);
  await settled();
  session.takeOutput(() => undefined);
  const out: Buffer[] = [];
  const drain = async () => {
    do {
      session.proceed(64);
      await settled();
      const output = session.takeOutput(() => undefined);
      if (output !== null) out.push(output);
    } while (session.mayProceed || (session.hasUnanswered && !session.isBlocked));
  };
  for (const chunk of chunks) {
    session.receive(Buffer.from(chunk));
    await drain();
  }
  session.endInput();
  await drain();
  expect(session.isFinished).to.equal(true);
  return { requests, out: Buffer.concat(out) };
}

function frameOf(message: object): Buffer {
  const body = encodeMessage("bourse.v1.ClientMessage", message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

const TEXT_LOGIN = Buffer.from("LOGIN k s\n");
const BINARY_LOGIN = frameOf({ login: { keyId: "k", secret: "s" } });

const order = fc.record({
  side: fc.constantFrom("BUY", "SELL"),
  lots: fc.integer({ min: 1, max: 1_000_000 }),
  ticks: fc.integer({ min: 1, max: 1_000_000 }),
  timeInForce: fc.constantFrom("", "GTC", "IOC", "FOK"),
  clientOrderId: fc.stringMatching(/^([A-Za-z0-9_-]{1,36})?$/),
  prevention: fc.constantFrom("", "newest", "oldest", "both", "decrement"),
  isMarket: fc.boolean(),
});
type Order = typeof order extends fc.Arbitrary<infer T> ? T : never;

const [tick, lot] = [decimalStep("0.05"), decimalStep("0.0001")];

function plainLineOf(o: Order): Buffer {
  const price = o.isMarket ? "MKT" : formatDecimal(o.ticks, tick);
  const options = [
    o.timeInForce && !o.isMarket ? ` tif=${o.timeInForce}` : "",
    o.clientOrderId ? ` id=${o.clientOrderId}` : "",
    o.prevention ? ` stp=${o.prevention}` : "",
  ];
  return Buffer.from(`${o.side} BTC-USD ${formatDecimal(o.lots, lot)} ${price}${options.join("")}\n`);
}

function plainMessageOf(o: Order): Buffer {
  const newOrder = {
    asset: "BTC-USD",
    side: o.side === "BUY" ? 1 : 2,
    type: o.isMarket ? 2 : 1,
    timeInForce: o.isMarket ? 0 : ["", "GTC", "IOC", "FOK"].indexOf(o.timeInForce),
    quantityLots: o.lots,
    priceTicks: o.isMarket ? 0 : o.ticks,
    clientOrderId: o.clientOrderId,
    selfTradePrevention: ["", "newest", "oldest", "both", "decrement"].indexOf(o.prevention),
  };
  return frameOf({ requestId: 1, newOrder });
}

describe("the two dialects", () => {
  it("say the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(order, { minLength: 1, maxLength: 20 }), async (orders) => {
        const text = await run(TEXT_LOGIN, [Buffer.concat(orders.map(plainLineOf))]);
        const binary = await run(BINARY_LOGIN, [Buffer.concat(orders.map(plainMessageOf))]);
        expect(text.requests).to.have.length(orders.length);
        expect(binary.requests).to.deep.equal(text.requests);
      }),
    );
  });

  it("say every option alike, as it was meant", async () => {
    const seed = randomInt(2 ** 31);
    const mix = new OrderMix("mix", seed, [...registry.assets.values()]);
    const wishes = Array.from({ length: 500 }, (_, index) => {
      const wish = mix.next(index);
      mix.acknowledged(wish, logId(index + 1));
      return wish;
    });
    const lines = wishes.map((wish) => `${lineOf(wish, registry)}\n`);
    const frames = wishes.map((wish, index) => frameOf({ requestId: index, ...messageOf(wish) }));
    const meant = wishes.map(({ body }) => body);
    for (const [login, told] of [
      [TEXT_LOGIN, Buffer.from(lines.join(""))] as const,
      [BINARY_LOGIN, Buffer.concat(frames)] as const,
    ])
      expect(
        (await run(login, [told])).requests.map(({ body }) => body),
        `seed ${seed}`,
      ).to.deep.equal(meant);
  });

  it("answer every line exactly once, in order, whatever the words", async () => {
    const word = fc.oneof(
      fc.constantFrom("BUY", "SELL", "CANCEL", "REPLACE", "CANCELALL", "TIMER", "PING", "HELP", "TIME", "BTC-USD", "1"),
      fc.constantFrom(
        "0",
        "-1",
        "MKT",
        "id=a",
        "id=",
        "tif=IOC",
        "stop=1",
        "quote=1",
        "-",
        "=",
        "__proto__=1",
        "LOGIN",
      ),
      fc.stringMatching(/^[!-"$-~]{1,12}$/),
    );
    const line = fc.array(word, { minLength: 1, maxLength: 7 }).map((words) => words.join(" "));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
        const told = lines.filter((text) => !/^quit( |$)/i.test(text) && !isHttp(text));
        const { out } = await run(TEXT_LOGIN, [Buffer.from(told.map((text) => `${text}\n`).join(""))]);
        const answers = out.toString("latin1").split("\n").slice(0, -1);
        expect(answers).to.have.length(told.length);
        for (const answer of answers) expect(answer).to.match(/^(ACK \d+ BTC-USD|OK [A-Z]+|REJ \d{3} [A-Z_]+ [ -~]+)/);
      }),
      { numRuns: 300 },
    );
  });

  it("survive any bytes", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(TEXT_LOGIN, BINARY_LOGIN), chunks, async (login, bytes) => {
        await run(login, bytes);
      }),
      { numRuns: 300 },
    );
  });

  it("survive any bytes in a frame", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 80 }), async (body) => {
        await run(BINARY_LOGIN, [Uint8Array.from([0, 0, 0, body.length, ...body])]);
      }),
      { numRuns: 500 },
    );
  });
});
