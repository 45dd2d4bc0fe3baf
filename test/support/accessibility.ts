import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds in the page as it is, a line for each rule and element. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<Violation[]>("axe.run(document).then(({ violations }) => violations)");
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}

/** What has the focus after each of so many presses of Tab: its words, or its role. */
export async function tabStops(page: Page, presses: number): Promise<string[]> {
  const stops: string[] = [];
  for (let press = 0; press < presses; press++) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate<string>(WORDS_OF_FOCUS));
  }
  return stops;
}

/** Presses Tab until what has the focus is called so. Throws when that does not come within `pressesMax`. */
export async function tabTo(page: Page, name: string, pressesMax = 120): Promise<void> {
  const stops = [await page.evaluate<string>(WORDS_OF_FOCUS)];
  while (stops.at(-1) !== name && stops.length < pressesMax) stops.push(...(await tabStops(page, 1)));
  if (stops.at(-1) === name) return;
  throw new Error(`"${name}" has no place among ${stops.join(", ")}`);
}

const WORDS_OF_FOCUS = `(() => {
  const { activeElement: element } = document;
  const words = element.getAttribute("aria-label") ?? element.labels?.[0]?.firstChild.textContent ?? "";
  return words || element.textContent.trim().slice(0, 30) || element.parentElement.textContent.trim().slice(0, 30);
})()`;

/** Whether the element that has the focus shows that it has. */
export function isFocusSeen(page: Page): Promise<boolean> {
  return page.evaluate<boolean>("getComputedStyle(document.activeElement).outlineStyle !== 'none'");
}
