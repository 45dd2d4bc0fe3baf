/** As causes.alerts.test.ts, of servers that have others beside them. */
import { OwnServers } from "./alert-causes-of-servers.js";
import { MetricsScene } from "./metrics-scene.js";

describe("alerts of servers that follow others", function () {
  this.timeout(1_200_000);
  const servers = new OwnServers();
  const scene = MetricsScene.ofTests(servers);

  it("wake people for a nats-server of three that is gone, and a standby of Postgres that applies nothing", () =>
    scene.wakes([
      { of: "a nats-server that is gone", alerts: ["ReplicaOutOfStep"], begin: (causes) => servers.killNats(causes) },
      { of: "a paused standby", alerts: ["PostgresStandbyBehind"], begin: (causes) => servers.pauseStandby(causes) },
    ]));
});
