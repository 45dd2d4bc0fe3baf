/** As many `GET /v1/depth` as the gateway answers, over connections that ask again at once. */
import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";

export interface Flood {
  /** Asks until the time is over; returns how many were answered. Rejects with the first answer that is none. */
  run(seconds: number): Promise<number>;
}

export function depthFlood(url: string, path: string, connections: number): Flood {
  const { hostname, port } = new URL(url);
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  return {
    run: async (seconds) => {
      const endMs = performance.now() + seconds * 1_000;
      const ports = { host: hostname, port: Number(port) };
      const counts = await Promise.all(
        Array.from({ length: connections }, () => askAgain(connect(ports), request, endMs)),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** One request after another. Looks at no more of an answer than where it ends. */
function askAgain(socket: Socket, request: Buffer, endMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answered = 0;
    let missing = 0;
    let head = "";
    const next = () => {
      answered += 1;
      if (performance.now() < endMs) socket.write(request);
      else socket.end(() => resolve(answered));
    };
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on("connect", () => socket.write(request));
    socket.on("data", (bytes) => {
      let at = 0;
      if (missing === 0) {
        head += bytes.toString("latin1");
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        if (!head.startsWith("HTTP/1.1 200 ")) return reject(new Error(`an answer is ${head.slice(0, 40)}`));
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        at = end + HEAD_END.length - (head.length - bytes.length);
        missing = length;
        head = "";
      }
      missing -= bytes.length - at;
      if (missing === 0) next();
    });
  });
}
