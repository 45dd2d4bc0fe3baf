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
});
