import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { AccountsView, AccountView } from "./accounts-view.js";
import type { Api } from "./api.js";
import { HealthView } from "./health-view.js";
import { AssetsView, AuditView, BotsView, StoppingView, TransfersView } from "./other-views.js";
import { SignIn } from "./sign-in.js";

const VIEWS = {
  health: ["Health", HealthView],
  accounts: ["Accounts", AccountsView],
  transfers: ["Transfers", TransfersView],
  assets: ["Assets", AssetsView],
  audit: ["Audit", AuditView],
  stopping: ["Stopping", StoppingView],
  bots: ["Bots", BotsView],
} as const;
type ViewName = keyof typeof VIEWS;
const NAMES = Object.keys(VIEWS) as ViewName[];

/** Where the page is: `#health`, or `#account/<name>`. */
function useHash(): readonly [view: string, about: string] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const [view = "", about = ""] = hash.slice(1).split("/");
  return [view, about];
}

export function App() {
  const [session, setSession] = useState<{ readonly api: Api; readonly keyId: string } | null>(null);
  if (session === null) return <SignIn onKey={(api, keyId) => setSession({ api, keyId })} />;
  return <Desk {...session} onLeave={() => setSession(null)} />;
}

function Desk({ api, keyId, onLeave }: { readonly api: Api; readonly keyId: string; readonly onLeave: () => void }) {
  const [place, about] = useHash();
  const name = NAMES.find((known) => known === place) ?? (place === "account" ? "accounts" : "health");
  const [title, View] = VIEWS[name];
  const main = useRef<HTMLElement>(null);
  const isAccount = place === "account";
  useLayoutEffect(() => {
    document.title = `${title}: the desk`;
    main.current?.focus();
  }, [place, about]);
  return (
    <>
      <header>
        <h1>Bourse: the desk</h1>
        <nav aria-label="Views">
          {NAMES.map((view) => (
            <a key={view} href={`#${view}`} {...(view === name && { "aria-current": "page" })}>
              {VIEWS[view][0]}
            </a>
          ))}
        </nav>
        <span>{keyId}</span>
        <button type="button" class="plain" onClick={onLeave}>
          Sign out
        </button>
      </header>
      <main ref={main} tabIndex={-1} aria-label={title}>
        {isAccount ? <AccountView key={about} api={api} account={decodeURIComponent(about)} /> : <View api={api} />}
      </main>
    </>
  );
}
