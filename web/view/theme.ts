/** Light or dark: what the system says, or what its reader has chosen for this page. */
import { type Signal, signal } from "@preact/signals";

export type Theme = "light" | "dark";

const preference = matchMedia("(prefers-color-scheme: dark)");
const chosen: Signal<Theme | null> = signal(null);

export const theme: Signal<Theme> = signal(preference.matches ? "dark" : "light");

preference.addEventListener("change", () => apply(chosen.value));

export function toggleTheme(): void {
  apply(theme.value === "dark" ? "light" : "dark");
}

function apply(choice: Theme | null): void {
  chosen.value = choice;
  if (choice !== null) document.documentElement.dataset["theme"] = choice;
  theme.value = choice ?? (preference.matches ? "dark" : "light");
}

/** The colours of style.css as they are now, for canvases. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name);
  return {
    bid: colour("--bid"),
    ask: colour("--ask"),
    ink: colour("--ink"),
    faint: colour("--faint"),
    line: colour("--line"),
    ground: colour("--ground"),
  };
}
