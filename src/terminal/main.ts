/** `npm run watch`: an asset live in the terminal, and with a key the own account, and a prompt to trade. */
import { createInterface } from "node:readline";
import { ConfigurationError } from "../shared/domain/errors.js";
import { commandLine, textOption, WrongOption } from "../shared/process/options.js";
import { visible } from "../shared/process/visible-text.js";
import type { Asset } from "../shared/subscriber/asset.js";
import { fetchAssets } from "../shared/subscriber/assets.js";
import type { Key } from "../shared/subscriber/connection.js";
import { terminalConfig } from "./config.js";
import { LineOutput } from "./line-output.js";
import { Prompt } from "./prompt.js";
import { ScreenOutput } from "./screen-output.js";
import { Watch } from "./watch.js";

const SUMMARY = "An asset live: book, trades, its state; with a key your orders and balances, and a prompt to trade.";
const HELP = `
At the prompt, lines of the text dialect: BUY BTC-USD 0.2 64000, CANCEL BTC-USD <order-id>, HELP; LOGIN <key-id> <secret>
does what --key and --secret do, and nobody sees it in a list of processes; QUIT or Ctrl-C ends. In a pipe it prints a line
an event, and reads its lines from the standard input. NO_COLOR=1: no colours.
The addresses are those of the pipeline that npm start runs (DATA_DIR), else ORDER_HANDLER_HOST, _PORT, NOTIFIER_HOST, _PORT.

  npm run watch -- BTC-USD --key random1 --secret random1`;

/** When to say what may be wrong; a notifier that is there answers much sooner. It goes on trying. */
const HINT_AFTER_MS = 3_000;
const NOBODY_ANSWERS =
  "nobody answers yet, still trying; is npm start running, with the same DATA_DIR or NOTIFIER_HOST and NOTIFIER_PORT?\n";

interface Wish {
  readonly asset: Asset;
  readonly key: Key | null;
}

type Config = ReturnType<typeof terminalConfig>;

const end = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
});

async function run(): Promise<void> {
  const { name, key } = wishOf(process.argv.slice(2));
  const config = terminalConfig();
  process.stderr.write(`connecting to ${config.notifierUrl}; Ctrl-C ends\n`);
  const hint = setTimeout(() => process.stderr.write(NOBODY_ANSWERS), HINT_AFTER_MS);
  const assets = await Promise.race([fetchAssets(config.notifierUrl), end]);
  clearTimeout(hint);
  if (assets === undefined) return;
  const asset = assets.find((one) => one.name === name.toUpperCase());
  if (asset === undefined)
    throw new WrongOption(`there is no asset ${name}; there are ${assets.map((one) => one.name).join(", ")}`);
  const { stdin, stdout } = process;
  if (stdin.isTTY && stdout.isTTY) await onScreen(config, { asset, key });
  else await inLines(config, { asset, key });
}

function wishOf(args: readonly string[]): { readonly name: string; readonly key: Key | null } {
  const line = commandLine("watch", SUMMARY)
    .argument("<asset>", "for example BTC-USD")
    .addOption(textOption("--key <id>", "whose orders and balances to show, and who trades"))
    .addOption(textOption("--secret <word>", "of the key"))
    .addHelpText("after", HELP)
    .parse([...args], { from: "user" });
  const { key: keyId, secret } = line.opts();
  if ((keyId === undefined) !== (secret === undefined)) throw new WrongOption("--key and --secret belong together");
  return { name: line.processedArgs[0], key: keyId === undefined || secret === undefined ? null : { keyId, secret } };
}

async function onScreen(config: Config, { asset, key }: Wish): Promise<void> {
  const screen = new ScreenOutput(process.stdout, config.isColoured);
  const watch = new Watch(config, asset, key, screen);
  let interrupt: () => void = () => undefined;
  const interrupted = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  const prompt = new Prompt(process.stdin, {
    onLine: (line) => watch.type(line),
    onTyped: () => screen.changed(),
    onEnd: () => interrupt(),
  });
  // Whatever ends the program: its last words are seen, and the terminal is as it was.
  for (const last of ["exit", "uncaughtExceptionMonitor"] as const) process.on(last, () => screen.close());
  screen.open((messages) => watch.view(messages, prompt.typed));
  await Promise.race([watch.ended, interrupted, end]);
  watch.close();
  prompt.close();
  screen.close();
}

/** The end of the standard input ends nothing: it may be empty from the start, where somebody only listens. */
async function inLines(config: Config, { asset, key }: Wish): Promise<void> {
  const watch = new Watch(config, asset, key, new LineOutput(process.stdout));
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => watch.type(line));
  const readerGone = new Promise<void>((resolve) => process.stdout.on("error", () => resolve()));
  await Promise.race([watch.ended, readerGone, end]);
  watch.close();
  lines.close();
}

try {
  await run();
} catch (error) {
  const isOurs = error instanceof WrongOption || error instanceof ConfigurationError;
  process.stderr.write(`watch: ${isOurs ? visible(error.message) : ((error as Error).stack ?? error)}\n`);
  process.exitCode = error instanceof WrongOption ? 2 : 1;
}
// What was written is on its way; a connection attempt that goes on must not keep the process.
process.stdout.write("", () => process.exit());
