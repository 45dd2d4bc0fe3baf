import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import { launcherConfig } from "../../../src/launcher/config.js";
import { assertPortsFree } from "../../../src/launcher/ports.js";
import { ownPorts } from "../../support/own-ports.js";

describe("the pipeline's ports", () => {
  async function problemWith(environment: Record<string, string>): Promise<string | null> {
    return assertPortsFree(launcherConfig(environment)).then(
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
