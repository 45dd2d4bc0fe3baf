import { expect } from "chai";
import { handlerConfig } from "../../../src/order-handler/config.js";
import { ConfigurationError } from "../../../src/shared/domain/errors.js";

const NEEDED = { NATS_URL: "nats://127.0.0.1:4222", DATABASE_URL: "postgres://127.0.0.1/bourse" };

describe("order-handler configuration", () => {
  it("has the contract's port and limits where nothing is set", () => {
    const { host, port, session, server, batcher } = handlerConfig(NEEDED);
    expect({ host, port }).to.deep.equal({ host: "127.0.0.1", port: 7001 });
    expect(session).to.include({ loginTimeoutMs: 5_000, frameTimeoutMs: 2_000, idleTimeoutMs: 60_000 });
    expect(server.outputBytesMax).to.equal(256 * 1024);
    expect(batcher.requestTimeoutMs).to.equal(5_000);
  });

  it("lists every problem at once", () => {
    const wrong = { ...NEEDED, ORDER_HANDLER_PORT: "x", ORDER_HANDLER_QUEUE_MAX: "0", ORDER_HANDLER_GRACE_MS: "-1" };
    expect(() => handlerConfig(wrong))
      .to.throw(ConfigurationError)
      .with.property("message")
      .that.matches(/ORDER_HANDLER_PORT .*ORDER_HANDLER_QUEUE_MAX .*ORDER_HANDLER_GRACE_MS /);
  });

  const contradictions: [string, NodeJS.ProcessEnv][] = [
    ["an attempt", { ORDER_HANDLER_ATTEMPT_TIMEOUT_MS: "5000" }],
    ["the rest before the next attempt", { ORDER_HANDLER_RETRY_INTERVAL_MS: "5000" }],
    ["the wait for NATS", { ORDER_HANDLER_GRACE_MS: "5000" }],
    ["a message", { ORDER_HANDLER_FRAME_TIMEOUT_MS: "60001" }],
    ["the answer to a login", { ORDER_HANDLER_LOGIN_ANSWER_TIMEOUT_MS: "5000" }],
    ["the work of a stop", { STOP_TIMEOUT_MS: "9000" }],
  ];
  for (const [what, values] of contradictions)
    it(`gives ${what} no more time than what it is a part of has, and says so beside every other problem`, () => {
      const [variable] = Object.keys(values);
      expect(() => handlerConfig({ ...NEEDED, ...values, ORDER_HANDLER_PORT: "x" }))
        .to.throw(ConfigurationError)
        .with.property("message")
        .that.matches(new RegExp(`ORDER_HANDLER_PORT is "x".*; .*${variable}\\b`));
    });
});
