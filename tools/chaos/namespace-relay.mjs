// Runs inside a network namespace (namespaces.ts): from a Unix socket to a port on the loopback there.
import { connect, createServer } from "node:net";

const [path, port] = process.argv.slice(2);
createServer((client) => {
  const server = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
  const end = () => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) socket.on("error", end).on("close", end);
  client.pipe(server).pipe(client);
}).listen(path);
