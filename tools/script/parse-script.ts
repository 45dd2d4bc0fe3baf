/** A tester's script as steps. Pure. */
import { durationMs } from "./duration.js";
import { parseExpect } from "./parse-expect.js";
import { type Place, type Repeat, type Script, ScriptError, type Send, type Step } from "./script.js";

const TIMES_MAX = 1_000_000;
const PER_SECOND_MAX = 100_000;
const SLEEP_MS_MAX = 600_000;
/** README.md's way to send lines without a session that somebody types in; its address is not looked at. */
const PIPED_INTO_NETCAT = /^printf '(.*)' *\| *nc( .*)?$/;

/** Throws a ScriptError for the first line that can't be read. */
export function parseScript(file: string, text: string): Script {
  return { file, steps: new Parser(placesOf(file, text)).steps() };
}

/** The lines that are neither empty nor comments. */
function placesOf(file: string, text: string): Place[] {
  return text.split(/\r?\n/).flatMap((written, index) => {
    const [, piped] = PIPED_INTO_NETCAT.exec(written.trim()) ?? [];
    const lines = piped === undefined ? [written] : piped.split("\\n");
    return lines
      .map((line) => ({ file, line: index + 1, text: line.trim() }))
      .filter(({ text: line }) => line !== "" && !line.startsWith("#"));
  });
}

class Parser {
  readonly #places: readonly Place[];
  #at = 0;

  constructor(places: readonly Place[]) {
    this.#places = places;
  }

  steps(): Step[] {
    return this.#block(null);
  }

  /** Up to the `}` of the line that opened it; null: up to the end. */
  #block(opened: Place | null): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const place = this.#places[this.#at++];
      if (place === undefined) {
        if (opened !== null) throw new ScriptError(opened, `${opened.text} has no } that ends it`);
        return steps;
      }
      if (place.text === "}") {
        if (opened === null) throw new ScriptError(place, "} ends nothing: REPEAT 10 { begins what it ends");
        return steps;
      }
      const step = this.#step(place, steps);
      if (step !== null) steps.push(step);
    }
  }

  /** Null: it was about the step before. */
  #step(place: Place, before: readonly Step[]): Step | null {
    const [word = "", ...rest] = place.text.split(/\s+/);
    switch (word.toUpperCase()) {
      case "AS":
        return asOf(place, rest);
      case "SLEEP":
        return { kind: "sleep", ms: sleepMs(place, rest) };
      case "RATE":
        return { kind: "rate", perSecond: ratePerSecond(place, rest) };
      case "REPEAT":
        return this.#repeat(place, rest);
      case "EXPECT":
        return expectOf(place, rest, before);
      default:
        return { kind: "send", place, line: place.text, expected: null };
    }
  }

  /** `REPEAT 3 {` a block, `REPEAT 3 PING` a line, and `REPEAT 3` the next line. */
  #repeat(place: Place, [count = "", ...rest]: readonly string[]): Repeat {
    const times = Number(count);
    if (!/^\d+$/.test(count) || times < 1 || times > TIMES_MAX)
      throw new ScriptError(place, `REPEAT ${count}: how often is a whole number from 1 to ${TIMES_MAX}`);
    if (rest.length === 1 && rest[0] === "{") return { kind: "repeat", times, steps: this.#block(place) };
    const next = rest.length > 0 ? { ...place, text: rest.join(" ") } : this.#places[this.#at++];
    const step = next === undefined || /^[{}]/.test(next.text) ? null : this.#step(next, []);
    if (step === null) throw new ScriptError(place, `${place.text} has nothing to repeat: a line follows, or { … }`);
    return { kind: "repeat", times, steps: [step] };
  }
}

function asOf(place: Place, [keyId, secret, ...more]: readonly string[]): Step {
  if (keyId === undefined || more.length > 0)
    throw new ScriptError(place, "it is AS <key-id> [<secret>]; the secret of demo accounts is their name");
  return { kind: "as", place, keyId, secret: secret ?? keyId };
}

function sleepMs(place: Place, [text = "", ...more]: readonly string[]): number {
  const ms = durationMs(text);
  if (ms === null || ms > SLEEP_MS_MAX || more.length > 0)
    throw new ScriptError(place, `${place.text}: it is SLEEP 500ms, or SLEEP 2s, at most ${SLEEP_MS_MAX / 1_000}s`);
  return ms;
}

function ratePerSecond(place: Place, [text = "", ...more]: readonly string[]): number | null {
  if (/^off$/i.test(text) && more.length === 0) return null;
  const [, count] = /^(\d{1,6})\/s$/i.exec(text) ?? [];
  const perSecond = Number(count ?? 0);
  if (perSecond < 1 || perSecond > PER_SECOND_MAX || more.length > 0)
    throw new ScriptError(place, `${place.text}: it is RATE 100/s, at most ${PER_SECOND_MAX}/s, or RATE OFF`);
  return perSecond;
}

function expectOf(place: Place, words: readonly string[], before: readonly Step[]): Step | null {
  const expected = parseExpect(words);
  if (typeof expected === "string") throw new ScriptError(place, expected);
  if (expected.kind !== "response") return { ...expected, place };
  const sent = lastSent(before);
  if (sent === null)
    throw new ScriptError(place, `${place.text}: there is no line before it that it could be the response to`);
  if (sent.expected !== null)
    throw new ScriptError(
      place,
      `${place.text}: of that response line ${sent.expected.place.line} says something already`,
    );
  sent.expected = { place, response: expected.response };
  return null;
}

/** What was sent last, by a repeated line, too; other expectations, and waiting, may stand between. */
function lastSent(steps: readonly Step[]): Send | null {
  for (const step of steps.toReversed()) {
    if (step.kind === "send") return step;
    if (step.kind === "repeat") return lastSent(step.steps);
    if (step.kind === "as") return null;
  }
  return null;
}
