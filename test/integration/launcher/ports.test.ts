import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import { launcherConfig } from "../../../src/launcher/config.js";
import { withFreePorts } from "../../../src/launcher/ports.js";
import { ownPorts } from "../../support/own-ports.js";

describe("the pipeline's ports", () => {
  async function problemWith(environment: Record<string, string>): Promise<string | null> {
    return withFreePorts(launcherConfig(environment)).then(
      () => null,
      (error: Error) => error.message,
    );
  }

  it("are fine when nobody listens on them", async () => {
    expect(await problemWith(await ownPorts())).to.equal(null);
  });

  it("name the variable that moves one that is in use", async () => {
    const wanted = await ownPorts();
    const squatter = createServer().listen(Number(wanted.NOTIFIER_PORT), "127.0.0.1");
    await once(squatter, "listening");
    const problem = await problemWith(wanted);
    squatter.close();
    expect(problem).to.equal(`set NOTIFIER_PORT to another value: port ${wanted.NOTIFIER_PORT} is in use`);
  });

  it("of another system's dialect is left out where somebody has it, unless it was asked for; in production there is none", async () => {
    const { GATEWAY_RUST_EXCHANGE_WS_PORT: own, ...others } = await ownPorts();
    const squatter = createServer().listen(8081, "127.0.0.1");
    await Promise.race([once(squatter, "listening"), once(squatter, "error")]); // or somebody else has it
    const { rustExchangeWsPort } = await withFreePorts(launcherConfig(others));
    const problem = await problemWith({ ...others, GATEWAY_RUST_EXCHANGE_WS_PORT: "8081" });
    squatter.close();
    expect(rustExchangeWsPort).to.equal(0);
    expect(problem).to.equal("set GATEWAY_RUST_EXCHANGE_WS_PORT to another value: port 8081 is in use");
    const asked = { ...others, GATEWAY_RUST_EXCHANGE_WS_PORT: own };
    expect((await withFreePorts(launcherConfig(asked))).rustExchangeWsPort).to.equal(Number(own));
    expect(launcherConfig({ NODE_ENV: "production" }).rustExchangeWsPort).to.equal(0);
  });

  it("must differ from each other", async () => {
    const wanted = await ownPorts();
    const problem = await problemWith({ ...wanted, NOTIFIER_PORT: wanted.ORDER_HANDLER_PORT });
    expect(problem).to.contain("set NOTIFIER_PORT to another value: it leads to port");
  });

  it("are refused together with everything else that is wrong in the configuration", () => {
    expect(() => launcherConfig({ NOTIFIER_PORT: "http", ORDER_HANDLER_PORT: "70000" })).to.throw(
      /ORDER_HANDLER_PORT is "70000".*NOTIFIER_PORT is "http"/,
    );
  });
});
