/** Where things stand on the page where people trade. */
import type { Locator, Page } from "playwright-core";

export function row(page: Page, table: string, words: string | RegExp): Locator {
  return page.getByRole("table", { name: table }).getByRole("row").filter({ hasText: words });
}

/** The line that tells what became of an order that was sent. */
export function sent(page: Page, words: RegExp): Locator {
  return page.getByRole("listitem").filter({ hasText: words }).first();
}
