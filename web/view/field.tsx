import type { ComponentChildren } from "preact";

interface FieldProps {
  readonly id: string;
  readonly label: ComponentChildren;
  /** What is wrong with it, beside it; "": nothing. */
  readonly problem?: string;
  readonly value: string;
  readonly type?: "text" | "email" | "datetime-local";
  readonly inputMode?: "decimal" | "numeric" | "email";
  readonly autocomplete?: string;
  readonly required?: boolean;
  readonly onText: (text: string) => void;
}

/** A field with its name, and what the server says of it in words that belong to it. */
export function Field({ id, label, problem = "", value, type = "text", onText, ...input }: FieldProps) {
  const problemId = `${id}-problem`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type={type as "text"}
        value={value}
        spellcheck={false}
        autocapitalize="none"
        autocomplete="off"
        aria-invalid={problem !== ""}
        aria-describedby={problemId}
        {...input}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      <p class="problem" id={problemId} role="alert">
        {problem}
      </p>
    </div>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly problem?: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly onChoice: (value: string) => void;
}

export function Choice({ id, label, problem = "", value, options, onChoice }: ChoiceProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-invalid={problem !== ""}
        onChange={(event) => onChoice(event.currentTarget.value)}
      >
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
      <p class="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}

interface SwitchesProps<Value extends string> {
  readonly legend: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly onChoice: (value: Value) => void;
}

/** Buttons of which one is pressed. */
export function Switches<Value extends string>({ legend, value, options, onChoice }: SwitchesProps<Value>) {
  return (
    <fieldset class="buttons">
      <legend class="unseen">{legend}</legend>
      {options.map(([option, words]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChoice(option)}>
          {words}
        </button>
      ))}
    </fieldset>
  );
}
