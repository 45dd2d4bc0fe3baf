import { assertNever } from "../shared/domain/errors.js";
import { isRefusal, REJECTS, type Refusal, refuse } from "../shared/domain/rejects.js";
import { refuseTimer, TIMER_SECONDS_MAX } from "../shared/requests/order-entry-codec.js";
import { shown } from "../shared/requests/order-rules.js";
import { parseRequestLine, REQUEST_USAGE, type RequestLineRules, wordsOf } from "../shared/requests/request-line.js";
import type { Answered, Dialect, DialectRequest } from "./dialect.js";

const USAGE: Readonly<Record<string, string>> = {
  LOGIN: "LOGIN <key-id> <secret> [cod=1], first of all; cod=1 cancels this session's orders when it ends",
  ...REQUEST_USAGE,
  TIMER: `TIMER <seconds>: all your orders go unless it is sent again in time; 0 turns it off, at most ${TIMER_SECONDS_MAX}`,
  ASSETS: "ASSETS: what is traded, with the sizes of a tick and a lot",
  TIME: "TIME: the server's clock",
  PING: "PING: keeps an idle session open",
  HELP: "HELP [command]",
  QUIT: "QUIT: ends the session once everything is answered",
};

export function textDialect(rules: RequestLineRules): Dialect {
  return {
    read: (framed) => {
      const words = framed.kind === "line" ? wordsOf(framed.text) : [];
      if (words.length === 0) return null;
      const request = requestOf(words, rules);
      const isNew = !isRefusal(request) && request.kind === "order" && request.body.kind === "new";
      return { requestId: 0, clientOrderId: isNew ? request.body.clientOrderId : null, request };
    },
    write: (answered) => {
      let lines = "";
      for (const one of answered) lines += `${lineOf(one)}\n`;
      return Buffer.from(lines, "latin1");
    },
  };
}

const HTTP = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) |^[A-Z][A-Z0-9-]*:| HTTP\/\d(\.\d)?$/i;

/** Whether a line begins an HTTP request or is a header of one: a web page must not be able to trade through its reader. */
export function isHttp(line: string): boolean {
  return HTTP.test(line);
}

function requestOf(words: readonly string[], rules: RequestLineRules): DialectRequest | Refusal {
  switch (words[0]?.toUpperCase()) {
    case "LOGIN":
      return loginOf(words);
    case "TIMER":
      return timerOf(words);
    case "PING":
      return { kind: "heartbeat" };
    case "QUIT":
      return { kind: "quit" };
    case "ASSETS":
      return { kind: "ask", answer: assetsOf(rules), needsLogin: true };
    case "TIME":
      return { kind: "ask", answer: `TIME ${new Date(rules.nowMs()).toISOString()}`, needsLogin: true };
    case "HELP":
      return helpOf(words[1]?.toUpperCase());
    default: {
      const line = parseRequestLine(words, rules);
      return isRefusal(line) ? line : { kind: "order", asset: line.asset.asset, body: line.body };
    }
  }
}

function loginOf(words: readonly string[]): DialectRequest | Refusal {
  const [, keyId, secret, option, extra] = words;
  const cancelOnDisconnect = option?.toLowerCase() === "cod=1";
  const isOptionKnown = option === undefined || cancelOnDisconnect || option.toLowerCase() === "cod=0";
  if (keyId === undefined || secret === undefined || !isOptionKnown || extra !== undefined)
    return refuse("LOGIN_REJECTED", "a login is LOGIN <key-id> <secret> [cod=1]");
  return { kind: "login", keyId, secret, cancelOnDisconnect };
}

function timerOf(words: readonly string[]): DialectRequest | Refusal {
  const text = words[1] ?? "";
  const seconds = /^(0|[1-9]\d{0,5})$/.test(text) && words.length === 2 ? Number(text) : Number.NaN;
  return seconds <= TIMER_SECONDS_MAX ? { kind: "timer", seconds } : refuseTimer(shown(words.slice(1).join(" ")));
}

function assetsOf({ registry }: RequestLineRules): string {
  const assets = [...registry.assets.values()];
  return `ASSETS ${assets.map(({ asset, tickSize, lotSize }) => `${asset} tick=${tickSize} lot=${lotSize}`).join("; ")}`;
}

function helpOf(command: string | undefined): DialectRequest | Refusal {
  const all = `HELP ${Object.keys(USAGE).join(" ")}; HELP <command> explains one`;
  if (command === undefined) return { kind: "ask", answer: all, needsLogin: false };
  if (Object.hasOwn(USAGE, command)) return { kind: "ask", answer: `HELP ${USAGE[command]}`, needsLogin: false };
  return refuse("UNKNOWN_COMMAND", `command ${shown(command)} is not known; HELP lists the commands`);
}

function lineOf({ response, exchange: { asset, clientOrderId } }: Answered): string {
  switch (response.kind) {
    case "ack":
      return clientOrderId !== null
        ? `ACK ${response.logId} ${asset} id=${clientOrderId}`
        : `ACK ${response.logId} ${asset}`;
    case "refused":
      return `REJ ${REJECTS[response.name].code} ${response.name} ${response.text}`;
    case "login_accepted":
      return `OK LOGIN ${response.account}`;
    case "timer_set":
      return `OK TIMER ${response.seconds}`;
    case "heartbeat":
      return "OK PING";
    case "say":
      return `OK ${response.text}`;
    default:
      return assertNever(response);
  }
}
