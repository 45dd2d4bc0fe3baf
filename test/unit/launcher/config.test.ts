import { expect } from "chai";
import { launcherConfig } from "../../../src/launcher/config.js";
import { ConfigurationError } from "../../../src/shared/domain/errors.js";

describe("the launcher's configuration", () => {
  it("gives services no more time to stop than the launcher waits for them, and says so beside every other problem", () => {
    expect(launcherConfig({ STOP_TIMEOUT_MS: "11999" }).stopTimeoutMs).to.equal(11_999);
    expect(() => launcherConfig({ STOP_TIMEOUT_MS: "12000", NOTIFIER_PORT: "x" })).to.throw(
      ConfigurationError,
      /NOTIFIER_PORT is "x".*; STOP_TIMEOUT_MS must be below 12000/,
    );
  });
});
