// One account that sends the same line over several sessions as fast as it is taken, until it is ended. On stdout, once a
// second and for each first word of an answer (ACK, BUSY, RATE_LIMITED …): how many came.
import { connect } from "node:net";

const [port, key, line, sessions] = process.argv.slice(2);
const lines = `${line}\n`.repeat(256);
const answers = {};

for (let index = 0; index < Number(sessions); index++) {
  const socket = connect({ port: Number(port), host: "127.0.0.1" });
  const pour = () => {
    while (socket.write(lines));
  };
  socket.write(`LOGIN ${key} ${key}\n`);
  socket.on("drain", pour);
  socket.on("error", () => undefined);
  let rest = "";
  socket.on("data", (chunk) => {
    const parts = (rest + chunk.toString("latin1")).split("\n");
    rest = parts.pop();
    for (const part of parts) {
      const [first, , name] = part.split(" ", 3);
      const word = first === "REJ" ? name : first;
      answers[word] = (answers[word] ?? 0) + 1;
    }
  });
  pour();
}
setInterval(() => process.stdout.write(`${JSON.stringify(answers)}\n`), 1_000);
