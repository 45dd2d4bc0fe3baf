/**
 * Settings: what a process is told by its environment, read once at its start. A configuration is a valibot object whose leaves
 * are made here; each names its variable, its default and its allowed values. A rule between several settings is a check on the
 * object. readSettings() returns the whole configuration, or throws an error that lists every problem.
 */
import * as v from "valibot";
import { ConfigurationError } from "../domain/errors.js";

/** Reads all settings. Throws a ConfigurationError that lists everything that is wrong. */
export function readSettings<const Schema extends v.GenericSchema>(
  schema: Schema,
  values: NodeJS.ProcessEnv = process.env,
): Readonly<v.InferOutput<Schema>> {
  const { success, output, issues } = v.safeParse(schema, inputOf(schema, values));
  if (success) return Object.freeze(output);
  const problems = new Set(issues.map(({ message }) => message));
  throw new ConfigurationError(`configuration: ${[...problems].join("; ")}`);
}

/** The environment of one of several services in a process: the process's own, and what SERVICE_SETTINGS has for it. */
export function environmentOf(service: string): NodeJS.ProcessEnv {
  const all = JSON.parse(process.env["SERVICE_SETTINGS"] ?? "{}") as Record<string, NodeJS.ProcessEnv>;
  return { ...process.env, ...all[service] };
}

/** The variables' values in the shape of the configuration; an empty variable counts as not set. */
function inputOf(schema: v.GenericSchema, values: NodeJS.ProcessEnv): unknown {
  if ("entries" in schema) {
    const entries = Object.entries(schema.entries as Record<string, v.GenericSchema>);
    return Object.fromEntries(entries.map(([name, entry]) => [name, inputOf(entry, values)]));
  }
  return values[String(v.getMetadata(schema)["variable"])] || undefined;
}

const mustBe = (variable: string, what: string) => (issue: { readonly input: unknown }) =>
  `${variable} is "${issue.input}"; it must be ${what}`;

export function text(variable: string, fallback: string) {
  return v.pipe(v.optional(v.string(), fallback), v.metadata({ variable }));
}

export function requiredText(variable: string) {
  return v.pipe(v.string(`${variable} is not set`), v.metadata({ variable }));
}

/** Null: the variable is not set. */
export function optionalText(variable: string) {
  return v.pipe(v.optional(v.nullable(v.string()), null), v.metadata({ variable }));
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function isInRange(digits: string, { min, max }: Range): boolean {
  return /^-?\d{1,15}$/.test(digits) && Number(digits) >= min && Number(digits) <= max;
}

const wholeNumber = ({ min, max }: Range) => `a whole number from ${min} to ${max}`;

export function integer(variable: string, fallback: number, range: Range) {
  return v.pipe(
    text(variable, String(fallback)),
    v.check((digits) => isInRange(digits, range), mustBe(variable, wholeNumber(range))),
    v.transform(Number),
  );
}

/** Null: the variable is not set. */
export function optionalInteger(variable: string, range: Range) {
  return v.pipe(
    optionalText(variable),
    v.check((digits) => digits === null || isInRange(digits, range), mustBe(variable, wholeNumber(range))),
    v.transform((digits) => (digits === null ? null : Number(digits))),
  );
}

/** Above 0, 100 at most; fractions are allowed. */
export function percent(variable: string, fallback: number) {
  const isInRange = (digits: string) =>
    /^\d{1,3}(\.\d{1,6})?$/.test(digits) && Number(digits) > 0 && Number(digits) <= 100;
  return v.pipe(
    text(variable, String(fallback)),
    v.check(isInRange, mustBe(variable, "above 0 and at most 100, such as 0.5")),
    v.transform(Number),
  );
}

export function port(variable: string, fallback: number) {
  return integer(variable, fallback, { min: 0, max: 65_535 });
}

const YES = ["1", "true", "yes"];
const NO = ["0", "false", "no"];

export function flag(variable: string, fallback: boolean) {
  return v.pipe(
    text(variable, fallback ? "1" : "0"),
    v.toLowerCase(),
    v.picklist([...YES, ...NO], mustBe(variable, "1 or 0")),
    v.transform((word) => YES.includes(word)),
  );
}

/** Null: the variable is not set. */
export function optionalFlag(variable: string) {
  return v.pipe(
    optionalText(variable),
    v.check((word) => word === null || [...YES, ...NO].includes(word.toLowerCase()), mustBe(variable, "1 or 0")),
    v.transform((word) => (word === null ? null : YES.includes(word.toLowerCase()))),
  );
}

export function oneOf<const Allowed extends readonly string[]>(
  variable: string,
  fallback: NoInfer<Allowed[number]>,
  allowed: Allowed,
) {
  return v.pipe(text(variable, fallback), v.picklist(allowed, mustBe(variable, `one of ${allowed.join(", ")}`)));
}

/** A name that fits into a subject and a file's name; other characters of the fallback are replaced. */
export function name(variable: string, fallback: string) {
  return v.pipe(
    text(variable, fallback.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 64)),
    v.regex(/^[A-Za-z0-9_-]{1,64}$/, mustBe(variable, `1 to 64 letters, digits, "-" or "_"`)),
  );
}

/** URLs with commas between them. They may hold a password, so error messages don't repeat them. */
export function servers(variable: string, scheme: string) {
  const isUrl = (server: string) => URL.canParse(server.includes("://") ? server : `${scheme}://${server}`);
  return v.pipe(
    requiredText(variable),
    v.check(
      (list) => list.split(",").every(isUrl),
      `${variable} is no list of servers such as ${scheme}://user:password@host:4222`,
    ),
  );
}

/** Production mode: no demo accounts, no secrets in the clear. A misspelt mode is refused, since it would mean development. */
export function production() {
  return v.pipe(
    oneOf("NODE_ENV", "development", ["development", "test", "production"]),
    v.transform((mode) => mode === "production"),
  );
}

export function logLevel() {
  return oneOf("LOG_LEVEL", "info", ["trace", "debug", "info", "warn", "error", "fatal", "silent"]);
}
