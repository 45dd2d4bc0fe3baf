import { expect } from "chai";
import { io, type Socket } from "socket.io-client";
import { takerOf } from "../../src/launcher/shared-port.js";
import { ask, gather, range } from "../integration/market-data-notifier/subscriber.js";
import { until } from "../support/eventually.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const PLACES = [{ place: 0 }, { place: 1 }];
const AUTH = { keyId: "random1", secret: "random1" };

/** An address of this machine whose connections go to that notifier. */
function addressOf(place: number): string {
  const addresses = range(1, 100).map((last) => `127.0.0.${last}`);
  const found = addresses.find((address) => takerOf(address, PLACES)?.place === place);
  if (found === undefined) throw new Error("a hundred addresses have one place");
  return found;
}

describe("two notifiers on one port", function () {
  this.timeout(90_000);
  let bourse: BourseUnderTest;
  let session: TextSession;
  const clients: Socket[] = [];
  const connect = (options: object) => {
    const client = io(bourse.endpoints.notifierUrl, { forceNew: true, auth: AUTH, ...options });
    clients.push(client);
    return client;
  };
  const order = () => session.request("BUY BTC-USD 0.1 60000");
  const notifiers = () => bourse.endpoints.services.filter(({ name }) => name === "market-data-notifier");

  before(async () => {
    bourse = await BourseUnderTest.start({ NOTIFIER_PROCESSES: "2" });
    session = await TextSession.open(bourse.endpoints.orderHandler, "random1");
  });
  after(async () => {
    for (const client of clients) client.close();
    session.close();
    await bourse.end();
  });

  it("tell the same; when one is killed, its clients go on with what they have, and the others notice nothing", async () => {
    const websocket = (place: number) => connect({ transports: ["websocket"], localAddress: addressOf(place) });
    const [ofFirst, ofSecond, polling] = [websocket(0), websocket(1), connect({ transports: ["polling"] })];
    const seen = [ofFirst, ofSecond, polling].map((client) => gather(client, "orders"));
    for (const client of [ofFirst, ofSecond, polling]) await ask(client, "subscribe", { channel: "orders", from: 0 });
    await order();
    await until("all have the report", () => seen.every(({ length }) => length === 1));

    let lost = 0;
    ofSecond.on("disconnect", () => {
      lost += 1;
    });
    const [first, second] = notifiers();
    const isBack = new Promise((resolve) =>
      ofFirst.once("disconnect", () => ofFirst.once("connect", () => resolve(null))),
    );
    process.kill(first?.pid ?? 0, "SIGKILL");
    await order();
    await isBack;
    await ask(ofFirst, "subscribe", { channel: "orders", from: 1 });
    await order();
    await until("both have all", () => seen[0]?.length === 3 && seen[1]?.length === 3);
    expect(seen.slice(0, 2)).to.deep.equal([range(1, 3), range(1, 3)]);
    expect(lost).to.equal(0);
    await until("another first notifier", () => ![0, first?.pid].includes(notifiers()[0]?.pid));
    expect(notifiers()[1]?.pid).to.equal(second?.pid);
  });
});
