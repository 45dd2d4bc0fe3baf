import { type Endpoints, endpointsFile } from "../shared/process/endpoints.js";

export interface BannerOptions {
  readonly dataFolder: string;
  readonly withDemoAccounts: boolean;
}

/** The text for a pipeline that runs: addresses, and a first order to try. Without passwords, since it may be logged. */
export function banner(endpoints: Endpoints, { dataFolder, withDemoAccounts }: BannerOptions): string {
  const {
    orderHandler,
    notifierUrl,
    gatewayUrl,
    backOfficeUrl,
    grpc,
    rustExchangeWsUrl,
    natsUrl,
    databaseUrl,
    services,
  } = endpoints;
  const { host, port, tls } = orderHandler;
  const netcat = tls === true ? `openssl s_client -quiet -connect ${host}:${port}` : `nc ${host} ${port}`;
  const lines = [
    "bourse ready",
    "",
    `  order entry  ${host}:${port} (${tls === true ? "TLS" : "TCP"}, text or binary)`,
    `  notifier     ${notifierUrl} (Socket.IO; in a browser, the page)`,
    `  gateway      ${gatewayUrl} (HTTP: /v1/time, /v1/assets, …)`,
    ...(grpc === undefined ? [] : [`  gRPC         ${grpc.host}:${grpc.port} (bourse.v1.Exchange, with reflection)`]),
    ...(rustExchangeWsUrl === undefined
      ? []
      : [`  gateway      ${rustExchangeWsUrl} (the Rust Crypto Exchange's WebSocket)`]),
    `  desk         ${backOfficeUrl} (for operators: a key of the role operator)`,
    `  Postgres     ${withoutCredentials(databaseUrl)}`,
    `  NATS         ${withoutCredentials(natsUrl)}`,
    ...services.map(({ name, adminUrl }) => `  ${name.padEnd(20)} ${adminUrl}/readyz, /metrics`),
    "",
    `  The addresses with their passwords, for you alone: ${endpointsFile(dataFolder)}`,
  ];
  if (withDemoAccounts)
    lines.push(
      "",
      "Two accounts trade with each other; paste this into another terminal:",
      "",
      `  printf 'LOGIN random1 random1\\nSELL BTC-USD 0.5 64000\\nQUIT\\n' | ${netcat}`,
      `  printf 'LOGIN random2 random2\\nBUY BTC-USD 0.5 64000\\nQUIT\\n' | ${netcat}`,
      "",
      "Or watch, and type such lines at a prompt: npm run watch -- BTC-USD --key random1 --secret random1",
    );
  return [...lines, "", "Ctrl-C stops everything.", ""].join("\n");
}

/** One URL, or several with commas between them, without credentials and parameters. */
function withoutCredentials(urls: string): string {
  return urls
    .split(",")
    .map((url) => url.replace(/^(\w+:\/\/)?(.*@)?([^?]*).*$/s, "$1$3"))
    .join(",");
}
