import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ConfigurationError } from "../../../../src/shared/domain/errors.js";
import { createLogger } from "../../../../src/shared/process/log.js";
import { port, readSettings, text } from "../../../../src/shared/process/settings.js";
import { publicPort, warnIfExposed } from "../../../../src/shared/process/tls.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";
import { TLS_FILES, TLS_IDENTITY } from "../../../support/tls.js";

const BOTH = { TLS_CERT: TLS_FILES.cert, TLS_KEY: TLS_FILES.key };

function transport(values: NodeJS.ProcessEnv, host = "127.0.0.1", production = false) {
  const { tls, isExposed } = readSettings(publicPort(text("HOST", host), port("PORT", 0)), {
    ...values,
    NODE_ENV: production ? "production" : "test",
  });
  return { tls, isExposed };
}

function problem(...args: Parameters<typeof transport>): string {
  try {
    transport(...args);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return "none";
}

describe("the transport's configuration", () => {
  it("is plain on loopback where nothing is set", () => {
    for (const host of ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
      expect(transport({}, host, true)).to.deep.equal({ tls: null, isExposed: false });
  });

  it("reads the certificate and its key", () => {
    expect(transport(BOTH, "0.0.0.0", true)).to.deep.equal({ tls: TLS_IDENTITY, isExposed: false });
  });

  it("knows when secrets would cross a network in the clear, and refuses that in production unless it is allowed", () => {
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org"]) {
      expect(transport({}, host).isExposed, host).to.equal(true);
      expect(problem({}, host, true)).to.contain(
        `on ${host} secrets would cross the network in the clear; set TLS_CERT`,
      );
      expect(transport({ ALLOW_PLAINTEXT: "true" }, host, true).isExposed).to.equal(true);
    }
  });

  it("is warned of when secrets would cross a network in the clear, and only then", () => {
    const written: string[] = [];
    const log = createLogger("test", "warn", { write: (line) => void written.push(line) });
    for (const host of ["127.0.0.1", "0.0.0.0"]) warnIfExposed(log, { ...transport({}, host), host });
    warnIfExposed(log, { ...transport(BOTH, "0.0.0.0"), host: "0.0.0.0" });
    expect(written).to.have.length(1);
    expect(written[0]).to.contain("secrets cross the network in the clear").and.to.contain('"host":"0.0.0.0"');
  });

  it("says in one line what is wrong with a file", () => {
    const folder = temporaryFolder();
    const [empty, words] = [join(folder, "empty"), join(folder, "text")];
    writeFileSync(empty, "");
    writeFileSync(words, "no PEM");
    const missing = join(folder, "missing.pem");
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [{ TLS_CERT: BOTH.TLS_CERT }, /: TLS_CERT and TLS_KEY belong together: set both or none$/],
      [{ TLS_KEY: BOTH.TLS_KEY }, /: TLS_CERT and TLS_KEY belong together: set both or none$/],
      [{ ...BOTH, TLS_CERT: missing }, /: TLS_CERT: \S+missing\.pem can't be read \(ENOENT\)$/],
      [{ ...BOTH, TLS_KEY: folder }, /: TLS_KEY: \S+ can't be read \(EISDIR\)$/],
      [{ ...BOTH, TLS_KEY: empty }, /: TLS_KEY: \S+empty is empty$/],
      [{ ...BOTH, TLS_CERT: words }, /: TLS_CERT and TLS_KEY can't be used \(.+\); they must be the PEM files /],
      [{ TLS_CERT: BOTH.TLS_KEY, TLS_KEY: BOTH.TLS_CERT }, /: TLS_CERT and TLS_KEY can't be used \(/],
    ];
    for (const [values, expected] of cases) {
      expect(problem(values), String(expected)).to.match(expected);
      expect(problem(values)).to.not.contain("\n");
    }
  });
});
