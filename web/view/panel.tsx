import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { PanelState } from "../model/channel.js";

interface PanelProps {
  readonly name: string;
  readonly title: string;
  readonly state?: ReadonlySignal<PanelState> | undefined;
  readonly controls?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A part of the page with its heading, its controls, and what is to be said of its data. */
export function Panel({ name, title, state, controls, children }: PanelProps) {
  return (
    <section class={`panel ${name}`} aria-labelledby={`${name}-title`}>
      <header>
        <h2 id={`${name}-title`}>{title}</h2>
        {controls}
      </header>
      {state && <PanelNote state={state} />}
      {children}
    </section>
  );
}

function PanelNote({ state }: { readonly state: ReadonlySignal<PanelState> }) {
  const { value } = state;
  if (value.kind === "live") return null;
  if (value.kind === "waiting") return <p class="note">Waiting for the server…</p>;
  const opening = value.kind === "unavailable" ? "Not available yet: " : "Not up to date: ";
  return <p class="note" data-kind={value.kind}>{`${opening}${value.text}`}</p>;
}
