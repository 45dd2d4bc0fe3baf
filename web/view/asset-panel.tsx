import type { Page } from "../model/page.js";
import { Panel } from "./panel.js";

/** All assets; one of them is looked at. */
export function AssetPanel({ page }: { readonly page: Page }) {
  const shown = page.asset.value;
  return (
    <Panel name="assets" title="Assets">
      <table>
        <caption class="unseen">Assets</caption>
        <thead>
          <tr>
            <th scope="col">Asset</th>
          </tr>
        </thead>
        <tbody>
          {page.assets.value.map((asset) => (
            <tr key={asset.name}>
              <th scope="row">
                <button type="button" aria-pressed={asset === shown} onClick={() => page.look(asset)}>
                  {asset.name}
                </button>
              </th>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
