import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Server } from "socket.io";
import { until } from "../../support/eventually.js";
import { ReportSubscriber } from "../../support/subscriber.js";

describe("the subscriber of the tests", () => {
  it("does not come back once it is closed, not even when it was just refused", async () => {
    const http = createServer();
    const server = new Server(http);
    const refused: string[] = [];
    server.use(({ handshake }, next) => {
      refused.push(handshake.auth["keyId"]);
      next(new Error("the database is away"));
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const [closed, other] = [new ReportSubscriber(url, "ann"), new ReportSubscriber(url, "bob")];
    try {
      await new Promise<void>((resolve) => closed["socket"].once("connect_error", () => resolve()));
      closed.close();
      const before = refused.length;
      await until("tries of the other one", () => refused.slice(before).filter((who) => who === "bob").length >= 3);
      expect(refused.slice(before)).not.to.include("ann");
    } finally {
      closed.close();
      other.close();
      await server.close();
    }
  });
});
