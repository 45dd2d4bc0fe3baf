import { expect } from "chai";
import { writeEndpoints } from "../../../../src/shared/process/endpoints.js";
import { placesToLookAt } from "../../../../src/shared/status/places.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const RUNNING = {
  natsUrl: "nats://127.0.0.1:14222",
  databaseUrl: "postgres://127.0.0.1:15432/bourse",
  orderHandler: { host: "127.0.0.1", port: 17001 },
  notifierUrl: "http://127.0.0.1:17002",
  gatewayUrl: "http://127.0.0.1:17003",
  backOfficeUrl: "http://127.0.0.1:17004",
  services: [{ name: "order-handler", pid: 1, adminUrl: "http://127.0.0.1:19101" }],
};

describe("where status looks", () => {
  const folder = temporaryFolder();
  before(() => writeEndpoints(folder, RUNNING));
  const admins = (values: NodeJS.ProcessEnv) => placesToLookAt(values).admins.map(({ adminUrl }) => adminUrl);

  it("is at the services of the pipeline that runs in DATA_DIR, whatever its ports are", () => {
    expect(placesToLookAt({ DATA_DIR: folder })).to.include({
      natsUrl: RUNNING.natsUrl,
      databaseUrl: RUNNING.databaseUrl,
    });
    expect(admins({ DATA_DIR: folder })).to.deep.equal(["http://127.0.0.1:19101"]);
  });

  it("is at the usual ports for servers that are none of that pipeline", () => {
    const elsewhere = { NATS_URL: "nats://10.0.0.1", DATABASE_URL: "postgres://10.0.0.1/bourse" };
    expect(admins({ DATA_DIR: folder, ...elsewhere })).to.include.members([
      "http://127.0.0.1:9101",
      "http://127.0.0.1:9106",
    ]);
    expect(admins({ DATA_DIR: temporaryFolder(), ...elsewhere, ADMIN_PORT_BASE: "9201" })[0]).to.equal(
      "http://127.0.0.1:9201",
    );
  });
});
