import type { Endpoints } from "../shared/process/endpoints.js";

/** What the launcher prints when everything runs: the addresses, and something to try. */
export function banner(endpoints: Endpoints, { withDemoAccounts }: { withDemoAccounts: boolean }): string {
  const { orderHandler, notifierUrl, natsUrl, databaseUrl, services } = endpoints;
  const { host, port, tls } = orderHandler;
  const netcat = tls === true ? `openssl s_client -quiet -connect ${host}:${port}` : `nc ${host} ${port}`;
  const lines = [
    "bourse ready",
    "",
    `  order entry  ${host}:${port} (${tls === true ? "TLS" : "TCP"}, text or binary)`,
    `  notifier     ${notifierUrl} (Socket.IO)`,
    `  Postgres     ${databaseUrl}`,
    `  NATS         ${natsUrl}`,
    ...services.map(({ name, adminUrl }) => `  ${name.padEnd(20)} ${adminUrl}/readyz, /metrics`),
  ];
  if (withDemoAccounts)
    lines.push(
      "",
      "Two accounts trade with each other; paste this into another terminal:",
      "",
      `  printf 'LOGIN random1 random1\\nSELL BTC-USD 0.5 64000\\nQUIT\\n' | ${netcat}`,
      `  printf 'LOGIN random2 random2\\nBUY BTC-USD 0.5 64000\\nQUIT\\n' | ${netcat}`,
    );
  return [...lines, "", "Ctrl-C stops everything.", ""].join("\n");
}
