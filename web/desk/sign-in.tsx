import { useState } from "preact/hooks";
import { Api } from "./api.js";

/** Asks for a key of the role operator. */
export function SignIn({ onKey }: { readonly onKey: (api: Api, keyId: string) => void }) {
  const [problem, setProblem] = useState<string | null>(null);

  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const values = new FormData(event.currentTarget as HTMLFormElement);
    const keyId = String(values.get("keyId"));
    const api = new Api(keyId, String(values.get("secret")));
    try {
      await api.get("/api/me");
      onKey(api, keyId);
    } catch (error) {
      setProblem((error as Error).message);
    }
  }

  return (
    <main>
      <h1>Bourse: the desk</h1>
      <form onSubmit={(event) => void send(event)} aria-label="Sign in">
        <p>For operators. The key stays in this page's memory, and is gone with it.</p>
        <label>
          Key
          <input name="keyId" required autocomplete="username" />
        </label>
        <label>
          Secret
          <input name="secret" type="password" required autocomplete="current-password" />
        </label>
        <button type="submit">Sign in</button>
        <p role="alert" class="bad">
          {problem}
        </p>
      </form>
    </main>
  );
}
