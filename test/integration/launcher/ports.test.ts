import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import { launcherConfig } from "../../../src/launcher/config.js";
import { freePort } from "../../../src/launcher/free-port.js";
import { assertPortsFree } from "../../../src/launcher/ports.js";

describe("the pipeline's ports", () => {
  async function problemWith(environment: Record<string, string>): Promise<string | null> {
    return assertPortsFree(launcherConfig(environment)).then(
      () => null,
      (error: Error) => error.message,
    );
  }

  async function environment(): Promise<{
    ORDER_HANDLER_PORT: string;
    NOTIFIER_PORT: string;
    GATEWAY_PORT: string;
    GRPC_PORT: string;
    ADMIN_PORT_BASE: string;
  }> {
    const [handler, notifier, gateway, grpc, admin] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    return {
      ORDER_HANDLER_PORT: String(handler),
      NOTIFIER_PORT: String(notifier),
      GATEWAY_PORT: String(gateway),
      GRPC_PORT: String(grpc),
      ADMIN_PORT_BASE: String(admin),
    };
  }

  it("are fine when nobody listens on them", async () => {
    expect(await problemWith(await environment())).to.equal(null);
  });

  it("name the variable that moves one that is in use", async () => {
    const wanted = await environment();
    const squatter = createServer().listen(Number(wanted.NOTIFIER_PORT), "127.0.0.1");
    await once(squatter, "listening");
    const problem = await problemWith(wanted);
    squatter.close();
    expect(problem).to.equal(`set NOTIFIER_PORT to another value: port ${wanted.NOTIFIER_PORT} is in use`);
  });

  it("must differ from each other", async () => {
    const wanted = await environment();
    const problem = await problemWith({ ...wanted, NOTIFIER_PORT: wanted.ORDER_HANDLER_PORT });
    expect(problem).to.contain("set NOTIFIER_PORT to another value: it leads to port");
  });

  it("are refused together with everything else that is wrong in the configuration", () => {
    expect(() => launcherConfig({ NOTIFIER_PORT: "http", ORDER_HANDLER_PORT: "70000" })).to.throw(
      /ORDER_HANDLER_PORT is "70000".*NOTIFIER_PORT is "http"/,
    );
  });
});
