import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import * as v from "valibot";
import { ConfigurationError } from "../../../../src/shared/domain/errors.js";
import { sharedAssets } from "../../../../src/shared/process/service-config.js";
import * as settings from "../../../../src/shared/process/settings.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const SETTINGS = v.pipe(
  v.object({
    place: settings.requiredText("PLACE"),
    times: v.object({
      short: settings.integer("SHORT_MS", 10, { min: 1, max: 100 }),
      long: settings.integer("LONG_MS", 20, { min: 1, max: 100 }),
    }),
    isOn: settings.flag("ON", false),
    colour: settings.oneOf("COLOUR", "red", ["red", "green"]),
    instance: settings.name("INSTANCE", "host.example.org-1"),
  }),
  v.partialCheck([["times"]], ({ times }) => times.short < times.long, "SHORT_MS must be below LONG_MS"),
);

function problem(schema: v.GenericSchema, values: NodeJS.ProcessEnv): string {
  try {
    settings.readSettings(schema, values);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return "none";
}

describe("settings", () => {
  it("are what the variables say, else their defaults, frozen; an empty variable is not set", () => {
    const read = settings.readSettings(SETTINGS, { PLACE: "here", LONG_MS: "30", ON: "YES", COLOUR: "" });
    expect(read).to.deep.equal({
      place: "here",
      times: { short: 10, long: 30 },
      isOn: true,
      colour: "red",
      instance: "host-example-org-1",
    });
    expect(Object.isFrozen(read)).to.equal(true);
  });

  it("tell in one line all that is wrong with them, contradictions included", () => {
    expect(problem(SETTINGS, { SHORT_MS: "30", ON: "perhaps", COLOUR: "blue", INSTANCE: "a b" })).to.equal(
      'configuration: PLACE is not set; ON is "perhaps"; it must be 1 or 0; COLOUR is "blue"; it must be one of red, green; ' +
        'INSTANCE is "a b"; it must be 1 to 64 letters, digits, "-" or "_"; SHORT_MS must be below LONG_MS',
    );
    for (const text of ["101", "0", "1.5", "1e1", "ten", "9".repeat(20)])
      expect(problem(SETTINGS, { PLACE: "here", SHORT_MS: text })).to.equal(
        `configuration: SHORT_MS is "${text}"; it must be a whole number from 1 to 100`,
      );
  });

  it("never repeat a list of servers that is wrong, for it may hold a password", () => {
    const schema = v.object({ urls: settings.servers("NATS_URL", "nats") });
    expect(problem(schema, { NATS_URL: "nats://me:hunter2@[bad" })).to.match(/^configuration: NATS_URL is no list/);
    expect(problem(schema, { NATS_URL: "nats://me:hunter2@[bad" })).to.not.contain("hunter2");
  });

  it("refuse every mode but development, test and production: a misspelt one would be taken for development", () => {
    const schema = v.object({ production: settings.production() });
    const isProduction = (mode: string) => settings.readSettings(schema, { NODE_ENV: mode }).production;
    expect(["", "development", "test", "production"].map(isProduction)).to.deep.equal([false, false, false, true]);
    for (const mode of ["prod", "Production", "PRODUCTION", "production ", "staging", "0"])
      expect(problem(schema, { NODE_ENV: mode })).to.equal(
        `configuration: NODE_ENV is "${mode}"; it must be one of development, test, production`,
      );
  });

  it("name assets that there are", () => {
    const schema = v.object({ traded: sharedAssets() });
    const { traded } = settings.readSettings(schema, { ASSETS: " BTC-USD,ETH-USD,,BTC-USD" });
    expect([...traded.assets]).to.deep.equal(["BTC-USD", "ETH-USD"]);
    const file = join(temporaryFolder(), "assets.json");
    writeFileSync(file, "{");
    expect(problem(schema, { ASSETS_FILE: file })).to.match(
      /^configuration: the assets file .* cannot be read as JSON/,
    );
  });
});
