import { signal } from "@preact/signals";
import type { Page } from "../model/page.js";

const isKept = signal(false);

/** A key's id and secret; the fields are cleared once they are handed on. */
export function LoginForm({ page }: { readonly page: Page }) {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const key = { keyId: String(fields.get("keyId")), secret: String(fields.get("secret")) };
    form.reset();
    page.logIn(key, isKept.value);
  };
  return (
    <form class="login" onSubmit={onSubmit}>
      <p class="hint">Own orders and balances need an API key. It goes to this server only.</p>
      <label>
        Key id
        <input name="keyId" required autocomplete="off" spellcheck={false} autocapitalize="none" />
      </label>
      <label>
        Secret
        <input name="secret" type="password" required autocomplete="off" />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isKept}
          onChange={(event) => {
            isKept.value = event.currentTarget.checked;
          }}
        />
        Keep it in this tab until I close it
      </label>
      <button type="submit">Log in</button>
      <p class="problem" role="alert">
        {page.keyProblem}
      </p>
    </form>
  );
}
