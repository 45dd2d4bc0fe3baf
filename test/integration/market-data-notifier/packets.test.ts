import { expect } from "chai";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { RawWebSocket } from "../../support/raw-websocket.js";
import { type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { type Settlement, startSettlement, trade } from "./settlement-for-test.js";
import { range } from "./subscriber.js";

/** More than a room has that is served in the turn in which it is sent something. */
const SUBSCRIBERS = 80;
const TRADES = 200;
/** Every tenth trade, each subscriber asks something. */
const ASKED_EVERY = 10;

describe("the packets that market-data-notifier counts", function () {
  this.timeout(60_000);
  let nats: NatsForTest;
  let settlement: Settlement;
  let notifier: NotifierUnderTest;
  let clients: RawWebSocket[] = [];
  before(async () => {
    nats = await startNats();
    const servers = { natsUrl: nats.url, databaseUrl: await createDatabase() };
    settlement = await startSettlement(servers);
    notifier = await startNotifier(servers, { connectionsPerAddressMax: 1_000 });
  });
  after(async () => {
    for (const client of clients) client.close();
    await notifier.stop();
    await settlement.stop();
    await nats.stop();
  });

  it("are those that its subscribers get, also where an answer to one of them is written first", async () => {
    clients = await Promise.all(range(1, SUBSCRIBERS).map(() => RawWebSocket.subscribed(notifier.url)));
    const received = () =>
      clients.reduce((sum, client) => sum + (client.received.match(/4[23]\d*\[/g)?.length ?? 0), 0);
    const [packetsBefore, receivedBefore] = [await notifier.metric("packets_total"), received()];
    for (const id of range(1, TRADES)) {
      await settlement.publish("BTC-USD", { trades: [trade(id)] });
      if (id % ASKED_EVERY === 0)
        for (const client of clients) client.sendText('421["unsubscribe",{"channel":"balances"}]');
    }
    const last = `"tradeId":${TRADES},`;
    const hasAll = ({ received }: RawWebSocket) =>
      received.includes(last) && received.split("431[").length - 1 === TRADES / ASKED_EVERY;
    await until("all have all", () => clients.every(hasAll), 30_000);
    expect((await notifier.metric("packets_total")) - packetsBefore).to.equal(received() - receivedBefore);
  });
});
