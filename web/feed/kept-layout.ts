/** How this browser's reader wants the page laid out. */
const LAYOUTS = ["balanced", "chart", "book"] as const;
export type Layout = (typeof LAYOUTS)[number];

const NAME = "bourse-layout";

export function keptLayout(): Layout {
  const kept = localStorage.getItem(NAME);
  return LAYOUTS.find((layout) => layout === kept) ?? "balanced";
}

export function keepLayout(layout: Layout): void {
  if (layout === "balanced") localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, layout);
}
