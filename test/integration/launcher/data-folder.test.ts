import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { DataFolder } from "../../../src/launcher/data-folder.js";
import { ConfigurationError } from "../../../src/shared/domain/errors.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("data folder", () => {
  let path: string;
  beforeEach(() => {
    path = join(temporaryFolder(), "data folder");
  });

  it("belongs to one launcher at a time", () => {
    const folder = DataFolder.open(path);
    expect(() => DataFolder.open(path)).to.throw(
      ConfigurationError,
      `is in use by the launcher with process id ${process.pid}`,
    );
    folder.close();
    DataFolder.open(path).close();
  });

  it("is taken over from a launcher that is gone, even when another process has its id now", () => {
    DataFolder.open(path);
    writeFileSync(join(path, "launcher.pid"), `${process.pid} 1\n`);
    DataFolder.open(path).close();
    expect(existsSync(join(path, "launcher.pid"))).to.equal(false);
  });

  it("is closed to others, also one that was open", () => {
    mkdirSync(join(path, "logs"), { recursive: true, mode: 0o755 });
    const folder = DataFolder.open(path);
    const modes = () => [path, join(path, "logs")].map((each) => statSync(each).mode & 0o777);
    expect(modes()).to.deep.equal([0o700, 0o700]);
    if (process.getuid?.() === 0) {
      folder.letThrough({ uid: 65_534, gid: 65_534 });
      expect(modes()).to.deep.equal([0o710, 0o700]);
      expect(statSync(path)).to.include({ uid: 0, gid: 65_534 });
      expect(() => DataFolder.open(path)).to.throw(ConfigurationError);
      expect(modes()).to.deep.equal([0o710, 0o700], "another launcher, refused, changes nothing");
    }
    folder.close();
  });

  it("is refused in one sentence where no folder can be", () => {
    writeFileSync(path, "a file");
    expect(() => DataFolder.open(path)).to.throw(ConfigurationError, "set DATA_DIR to another");
  });

  it("remembers a server's port, and finds another when it is taken", async () => {
    const folder = DataFolder.open(path);
    const port = await folder.portFor("nats");
    expect(await folder.portFor("nats")).to.equal(port);
    const squatter = createServer().listen(port, "127.0.0.1");
    const other = await folder.portFor("nats");
    squatter.close();
    expect(other).not.to.equal(port);
    expect(await folder.portFor("nats")).to.equal(other);
    folder.close();
  });

  it("puts a log aside that has become big", () => {
    const folder = DataFolder.open(path);
    const logFile = folder.logFor("postgres");
    writeFileSync(logFile, Buffer.alloc(17 * 1024 * 1024));
    folder.logFor("postgres");
    expect(existsSync(logFile)).to.equal(false);
    expect(statSync(`${logFile}.1`).size).to.equal(17 * 1024 * 1024);
    folder.close();
  });
});
