import type { GatewayContext } from "../context.js";
import { exchangeService } from "./exchange-service.js";
import { bookService, orderService } from "./rust-exchange.js";
import { GrpcServer } from "./server.js";

/** How long stopping waits for calls that are under way. */
const STOP_CALLS_MS = 3_000;

/** Opens the port for gRPC, and closes it when the service stops. Returns the port. */
export async function startGrpc(context: GatewayContext): Promise<number> {
  const { config, database, service } = context;
  const server = new GrpcServer({
    services: {
      "bourse.v1.Exchange": exchangeService(context),
      "order_protobuf.OrderService": orderService(context),
      "order_protobuf.BookService": bookService(context),
    },
    limits: config.grpc,
    tls: config.tls,
    isServing: () => !service.stopping.aborted && database.whyNotReady() === null,
  });
  service.onStop("gRPC", () => server.stop(STOP_CALLS_MS));
  return server.listen(config.host, config.grpc.port);
}
