import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { io } from "socket.io-client";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { freePort } from "../../../src/launcher/free-port.js";
import { mainFile } from "../../../src/launcher/service-process.js";
import { connectDatabase } from "../../../src/shared/database/database.js";
import { createLogger } from "../../../src/shared/process/log.js";
import type { ServiceName } from "../../../src/shared/process/services.js";
import { until } from "../../support/eventually.js";
import { startNatsWithUsers } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { frame } from "../order-handler/handler-under-test.js";

const SECRET = "hunter2-and-more";

interface Running {
  readonly process: ChildProcess;
  /** All that it has written so far, to both. */
  readonly words: () => string;
}

/** Real processes that log all they can: what they write must hold no secret. */
describe("what the services write", () => {
  let natsUrl: string;
  let databaseUrl: string;
  const running: Running[] = [];

  before(async () => {
    natsUrl = (await startNatsWithUsers()).urlOf("bourse");
    databaseUrl = await createDatabase();
    const log = createLogger("test", "silent");
    const database = await connectDatabase(databaseUrl, { applicationName: "test", log });
    await createApiKey(database, "ann", "ann", SECRET);
    await database.close();
  });
  afterEach(async () => {
    for (const { process } of running.splice(0)) {
      if (process.exitCode !== null || process.signalCode !== null) continue;
      process.kill("SIGKILL");
      await once(process, "exit");
    }
  });

  async function start(service: ServiceName, environment: NodeJS.ProcessEnv): Promise<Running> {
    const child = spawn(process.execPath, [mainFile(service)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        NATS_URL: natsUrl,
        DATABASE_URL: databaseUrl,
        ADMIN_PORT: String(await freePort()),
        LOG_LEVEL: "trace",
        ...environment,
      },
    });
    let words = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (words += bytes));
    const started = { process: child, words: () => words };
    running.push(started);
    return started;
  }
  const says = (service: Running, what: RegExp) =>
    until(`${what} in ${service.words()}`, () => what.test(service.words()), 20_000);

  it("holds no secret of a login, whether it was right, wrong or misspelt", async () => {
    const port = await freePort();
    const handler = await start("order-handler", { ORDER_HANDLER_PORT: String(port) });
    await says(handler, /orders may come in/);
    const binary = (message: object) => frame(message);
    const logins: (string | Buffer)[] = [
      `LOGIN ann ${SECRET}\nBUY ${SECRET} 1 1\nQUIT\n`,
      `LOGIN nobody ${SECRET}\nQUIT\n`,
      `LOGIN ann ${SECRET} ${SECRET}\nQUIT\n`,
      `LOGIN ann ${SECRET} cod=${SECRET}\nQUIT\n`,
      `LOGON ann ${SECRET}\nQUIT\n`,
      `LOGIN ann ${SECRET}\tcod=1\n`,
      `LOGIN ann ${SECRET}`,
      `LOGIN ann ${SECRET.repeat(100)}\n`,
      binary({ requestId: 1, login: { keyId: "ann", secret: SECRET } }),
      binary({ requestId: 1, login: { keyId: SECRET, secret: "x" } }),
      Buffer.concat([Buffer.from([0, 0, 0, SECRET.length]), Buffer.from(SECRET)]),
      Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.from(SECRET)]),
    ];
    for (const login of logins) {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      socket.resume();
      socket.end(login);
      await once(socket, "end");
      socket.destroy();
    }
    // Sessions are told one by one, connections that never logged in by how many they were.
    const told = () =>
      [...handler.words().matchAll(/"strangers":(\{[^}]*\})/g)]
        .flatMap(([, counts]) => Object.values(JSON.parse(counts as string) as Record<string, number>))
        .reduce((sum, count) => sum + count, handler.words().split("session ended").length - 1);
    await until(`${logins.length} connections in ${handler.words()}`, () => told() === logins.length, 20_000);
    expect(handler.words()).to.not.contain(SECRET);
  });

  it("holds no secret of a handshake", async () => {
    const port = await freePort();
    const notifier = await start("market-data-notifier", { NOTIFIER_PORT: String(port) });
    await says(notifier, /subscribers may connect/);
    const auths: object[] = [
      { keyId: "ann", secret: SECRET },
      { keyId: "nobody", secret: SECRET },
      { keyId: SECRET },
      { keyId: { [SECRET]: SECRET }, secret: [SECRET] },
    ];
    for (const auth of auths) {
      const socket = io(`http://127.0.0.1:${port}`, {
        auth,
        transports: ["websocket"],
        reconnection: false,
        forceNew: true,
      });
      await Promise.race([once(socket as never, "connect"), once(socket as never, "connect_error")]);
      socket.close();
    }
    expect(notifier.words()).to.not.contain(SECRET);
  });

  describe("holds no password of a server that", () => {
    const other = (url: string, change: (url: URL) => void) => {
      const changed = new URL(url);
      changed.password = SECRET;
      change(changed);
      return changed.href;
    };
    const cases: [string, () => NodeJS.ProcessEnv, RegExp][] = [
      [
        "is Postgres and refuses it",
        () => ({ DATABASE_URL: other(databaseUrl, () => undefined) }),
        /can't be reached yet/,
      ],
      [
        "is Postgres and not there",
        () => ({ DATABASE_URL: other(databaseUrl, (url) => (url.port = "1")) }),
        /can't be reached yet/,
      ],
      ["is Postgres by a URL that is none", () => ({ DATABASE_URL: `postgres://me:${SECRET}@[bad/x` }), /./],
      ["is NATS and refuses it", () => ({ NATS_URL: other(natsUrl, () => undefined) }), /can't be reached yet/],
      ["is NATS and not there", () => ({ NATS_URL: `nats://me:${SECRET}@127.0.0.1:1` }), /can't be reached yet/],
      [
        "is NATS by a URL that is none",
        () => ({ NATS_URL: `nats://me:${SECRET}@[bad` }),
        /^order-processing: configuration: NATS_URL is no list of servers such as nats:\/\/user:password@host:4222\n$/,
      ],
    ];
    for (const [name, environment, words] of cases)
      it(name, async () => {
        const service = await start("order-processing", environment());
        await says(service, words);
        // What a service says when it gives up, it says with the same errors as it warned of before.
        const isEnough = () => service.process.exitCode !== null || service.words().split("\n").length > 2;
        await until("some more words", () => isEnough(), 20_000);
        expect(service.words()).to.not.contain(SECRET);
      });
  });
});
