/** An act as a form: its fields, why, and what came of it in the server's words. Sent again after a failure, it is done once. */
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { type Answer, type Api, newOnce } from "./api.js";

export interface Field {
  readonly name: string;
  readonly label: string;
  /** A list to choose from, or a box to tick; else text. */
  readonly choices?: readonly string[];
  readonly isBox?: true;
  readonly isOptional?: true;
}

export interface ActFormProps {
  readonly api: Api;
  readonly title: string;
  readonly button: string;
  readonly path: string | ((values: Record<string, string>) => string);
  readonly fields?: readonly Field[];
  /** Fields of the body that are not typed. */
  readonly fixed?: object;
  /** Names of fields that belong into the path, not into the body. */
  readonly inPath?: readonly string[];
  /** Makes the body of what was typed, where fields are not its members. */
  readonly bodyFrom?: (typed: Record<string, unknown>) => object;
  readonly said?: (answer: Answer) => ComponentChildren;
  readonly onDone?: () => void;
  readonly children?: ComponentChildren;
}

const WHY: Field = { name: "why", label: "Why" };

export function ActForm(props: ActFormProps) {
  const { api, title, button, path, fields = [], fixed = {}, inPath = [] } = props;
  const { bodyFrom = (typed: object) => typed, said, onDone, children } = props;
  const [outcome, setOutcome] = useState<{ readonly isGood: boolean; readonly text: ComponentChildren } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const once = useRef({ key: newOnce(), content: "" });

  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
    const body = bodyFrom(bodyOf(fields, values, inPath, fixed));
    const to = typeof path === "string" ? path : path(values);
    const content = `${to} ${JSON.stringify(body)}`;
    if (content !== once.current.content) once.current = { key: newOnce(), content };
    setBusy(true);
    try {
      const answer = await api.act(to, body, once.current.key);
      once.current = { key: newOnce(), content: "" };
      setOutcome({ isGood: true, text: said?.(answer) ?? "Done." });
      form.reset();
      onDone?.();
    } catch (error) {
      setOutcome({ isGood: false, text: (error as Error).message });
    }
    setBusy(false);
  }

  return (
    <form onSubmit={(event) => void send(event)} aria-label={title}>
      <h2>{title}</h2>
      {children}
      {[...fields, WHY].map((field) => (
        <FieldOf key={field.name} field={field} />
      ))}
      <button type="submit" disabled={isBusy}>
        {button}
      </button>
      <p role="status" class={outcome?.isGood === false ? "bad" : "good"}>
        {outcome?.text}
      </p>
    </form>
  );
}

function FieldOf({ field: { name, label, choices, isBox, isOptional } }: { readonly field: Field }) {
  const id = useId();
  const input = () => {
    if (isBox === true) return <input id={id} type="checkbox" name={name} />;
    if (choices === undefined)
      return <input id={id} name={name} required={isOptional !== true} autocomplete="off" maxLength={500} />;
    return (
      <select id={id} name={name}>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  };
  return (
    <div class={isBox === true ? "field choice" : "field"}>
      <label for={id}>{isOptional === true ? `${label} (may be empty)` : label}</label>
      {input()}
    </div>
  );
}

/** Empty fields are left out; a number is one. */
function bodyOf(
  fields: readonly Field[],
  values: Record<string, string>,
  inPath: readonly string[],
  fixed: object,
): Record<string, unknown> {
  const typed = [...fields, WHY].filter(({ name }) => !inPath.includes(name));
  const own = typed.flatMap(({ name, isBox }): [string, unknown][] => {
    const value = values[name] ?? "";
    if (isBox === true) return value === "" ? [] : [[name, true]];
    if (value === "" && name !== "why") return [];
    return [[name, name.endsWith("InDays") ? Number(value) : value]];
  });
  return { ...fixed, ...Object.fromEntries(own) };
}
