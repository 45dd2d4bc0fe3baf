import { LAYOUTS, type Page } from "../model/page.js";
import { AccountPanels } from "./account-panels.js";
import { AssetPanel } from "./asset-panel.js";
import { Banner } from "./banner.js";
import { BookPanel } from "./book-panel.js";
import { CandlesPanel } from "./candles-panel.js";
import { DepthChart } from "./depth-chart.js";
import { theme, toggleTheme } from "./theme.js";
import { TradesPanel } from "./trades-panel.js";

export function App({ page }: { readonly page: Page }) {
  return (
    <>
      <Header page={page} />
      <Banner page={page} />
      <main data-health={page.health} data-layout={page.layout}>
        <AssetPanel page={page} />
        <CandlesPanel page={page} />
        <BookPanel page={page} />
        <TradesPanel page={page} />
        <DepthChart page={page} />
        <AccountPanels page={page} />
      </main>
    </>
  );
}

function Header({ page }: { readonly page: Page }) {
  return (
    <header class="top">
      <h1>{`Bourse${page.asset.value === null ? "" : ` · ${page.asset.value.name}`}`}</h1>
      <label class="inline layout">
        Layout{" "}
        <select
          value={page.layout.value}
          onChange={(event) => page.layOut(event.currentTarget.value as keyof typeof LAYOUTS)}
        >
          {Object.entries(LAYOUTS).map(([layout, words]) => (
            <option key={layout} value={layout}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <button type="button" onClick={toggleTheme}>
        {theme.value === "dark" ? "Light" : "Dark"}
      </button>
    </header>
  );
}
