import { expect } from "chai";
import { banner } from "../../../src/launcher/banner.js";

const ENDPOINTS = {
  natsUrl: "nats://bourse:hunter2@10.0.0.1:4222,nats://bourse:hunter2@10.0.0.2:4222,me:hunter2@[::1]:4222",
  databaseUrl: "postgres://bourse:hunt@er2@127.0.0.1:5432/bourse?password=hunter2",
  orderHandler: { host: "127.0.0.1", port: 7001 },
  notifierUrl: "http://127.0.0.1:7002",
  gatewayUrl: "http://127.0.0.1:7003",
  backOfficeUrl: "http://127.0.0.1:7004",
  services: [{ name: "order-handler", pid: 1, adminUrl: "http://127.0.0.1:9101" }],
};

describe("the launcher's banner", () => {
  const text = banner(ENDPOINTS, { dataFolder: "/data", withDemoAccounts: false });

  it("shows addresses without credentials, and says which file has them", () => {
    expect(text).to.contain("Postgres     postgres://127.0.0.1:5432/bourse\n");
    expect(text).to.contain("NATS         nats://10.0.0.1:4222,nats://10.0.0.2:4222,[::1]:4222\n");
    expect(text).to.contain("/data/endpoints.json");
    expect(text).to.not.match(/hunter2|er2|bourse:/);
  });
});
