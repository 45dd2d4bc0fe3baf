import { signal } from "@preact/signals";
import type { Person } from "../model/person.js";
import { Field } from "./field.js";

const email = signal("");
const code = signal("");

/** An e-mail address, and then the code that was sent to it. Who is new here gets an account by that. */
export function SignInForm({ person }: { readonly person: Person }) {
  const isCode = person.stage.value === "code";
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    void (isCode ? person.verify(code.value) : person.requestCode(email.value));
    code.value = "";
  };
  return (
    <form class="login" noValidate onSubmit={onSubmit}>
      <h3>Or with your e-mail address</h3>
      {isCode ? (
        <>
          <p class="hint" role="status">
            {`A code of six digits is on its way to ${person.email.value}.`}
            {person.devCode.value !== "" && ` This is a development server, whose code is ${person.devCode.value}.`}
          </p>
          <Field
            id="sign-in-code"
            label="Code"
            inputMode="numeric"
            autocomplete="one-time-code"
            problem={person.problem.value}
            value={code.value}
            onText={(text) => {
              code.value = text;
            }}
          />
          <div class="buttons">
            <button type="submit" disabled={person.isBusy.value}>
              Sign in
            </button>
            <button type="button" onClick={() => person.anotherAddress()}>
              Another address
            </button>
          </div>
        </>
      ) : (
        <>
          <p class="hint">Trade with an account of your own: sign up and sign in are the same.</p>
          <Field
            id="sign-in-email"
            label="E-mail address"
            type="email"
            inputMode="email"
            autocomplete="email"
            problem={person.problem.value}
            value={email.value}
            onText={(text) => {
              email.value = text;
            }}
          />
          <button type="submit" disabled={person.isBusy.value}>
            Send me a code
          </button>
        </>
      )}
    </form>
  );
}
