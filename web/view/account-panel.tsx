import { type Signal, signal } from "@preact/signals";
import { dateTimeText } from "../../src/shared/subscriber/formats.js";
import type { Desk } from "../model/desk.js";
import type { KeyJson } from "../model/own-keys.js";
import type { Page } from "../model/page.js";
import type { SessionJson } from "../model/person.js";
import { Choice } from "./field.js";
import { Panel } from "./panel.js";

const US_PER_MS = 1_000;

interface DeskProps {
  readonly page: Page;
  readonly desk: Desk;
}

/** Whose account it is, its keys and sessions, and how to leave. */
export function AccountPanel({ page, desk }: DeskProps) {
  const who = page.who.value;
  const { person } = desk;
  const isPerson = who?.kind === "person";
  const leave = (
    <button type="button" onClick={() => (isPerson ? void person.signOut(false) : page.logOut())}>
      {isPerson ? "Sign out" : `Log out ${who?.name}`}
    </button>
  );
  return (
    <Panel name="account" title="Account" controls={leave}>
      {isPerson && (
        <p>{`Signed in as ${who.name}${person.me.value === null ? "" : `, account ${person.me.value.account}`}`}</p>
      )}
      <p class="problem" role="alert">
        {isPerson ? person.problem : ""}
      </p>
      <Guard desk={desk} />
      <details onToggle={(event) => event.currentTarget.open && void desk.keys.read()}>
        <summary>API keys</summary>
        <Keys desk={desk} />
      </details>
      {isPerson && (
        <details onToggle={(event) => event.currentTarget.open && void person.readMe()}>
          <summary>Sessions</summary>
          <ul class="rows">
            {person.me.value?.sessions.map((session) => (
              <Session key={session.id} session={session} end={() => void person.endSession(session.id)} />
            ))}
          </ul>
          <button type="button" onClick={() => void person.signOut(true)}>
            Sign out everywhere
          </button>
        </details>
      )}
    </Panel>
  );
}

function Guard({ desk: { guard } }: { readonly desk: Desk }) {
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={guard.isOn.value}
          onChange={(event) => (event.currentTarget.checked ? guard.turnOn() : guard.turnOff())}
        />
        Cancel my orders when this tab is gone (turning it off cancels them, too)
      </label>
      <p class="hint" role="status">
        {guard.text}
      </p>
    </>
  );
}

function Session({ session, end }: { readonly session: SessionJson; readonly end: () => void }) {
  const { address, since, lastSeen, isThis } = session;
  const times = `since ${dateTimeText(since * US_PER_MS)}, last seen ${dateTimeText(lastSeen * US_PER_MS)}`;
  return (
    <li>
      <span>{`${isThis ? "this one, " : ""}from ${address}, ${times}`}</span>
      {!isThis && (
        <button type="button" aria-label={`End the session from ${address}`} onClick={end}>
          End
        </button>
      )}
    </li>
  );
}

const role: Signal<"trade" | "read"> = signal("trade");
const days = signal("");

function Keys({ desk: { keys } }: { readonly desk: Desk }) {
  const made = keys.made.value;
  return (
    <>
      {made !== null && (
        <div class="note" role="status">
          <p>This secret is shown this once: put it where it is safe.</p>
          <p>
            Key id <code>{made.keyId}</code>
          </p>
          <p>
            Secret <code>{made.secret}</code>
          </p>
          <button type="button" onClick={() => keys.putAway()}>
            I have it
          </button>
        </div>
      )}
      <ul class="rows">
        {keys.keys.value.map((key) => (
          <Key key={key.keyId} one={key} revoke={() => void keys.revoke(key.keyId)} />
        ))}
      </ul>
      <p class="problem" role="alert">
        {keys.problem}
      </p>
      <Choice
        id="key-role"
        label="A new key that may"
        value={role.value}
        options={[
          ["trade", "trade"],
          ["read", "only see"],
        ]}
        onChoice={(choice) => {
          role.value = choice === "read" ? "read" : "trade";
        }}
      />
      <Choice
        id="key-days"
        label="Good for"
        value={days.value}
        options={[
          ["", "ever, until it is revoked"],
          ["1", "a day"],
          ["30", "30 days"],
          ["365", "a year"],
        ]}
        onChoice={(choice) => {
          days.value = choice;
        }}
      />
      <button type="button" onClick={() => void keys.make(role.value, days.value === "" ? null : Number(days.value))}>
        Make a key
      </button>
    </>
  );
}

function Key({ one, revoke }: { readonly one: KeyJson; readonly revoke: () => void }) {
  const { keyId, role, status, expiresAtMs } = one;
  const until = expiresAtMs === null ? "" : `, until ${dateTimeText(expiresAtMs * US_PER_MS)}`;
  return (
    <li>
      <span>
        <code>{keyId}</code>
        {`, ${role}, ${status}${until}`}
      </span>
      {status === "good" && (
        <button type="button" aria-label={`Revoke ${keyId}`} onClick={revoke}>
          Revoke
        </button>
      )}
    </li>
  );
}
