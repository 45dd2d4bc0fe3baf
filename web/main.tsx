/** The page: it connects, asks what is traded, and shows it. */
import { render } from "preact";
import { fetchAssets } from "../src/shared/subscriber/assets.js";
import { nowUs } from "./feed/clock.js";
import { fetchGatewayUrl } from "./feed/page-settings.js";
import { Page } from "./model/page.js";
import { App } from "./view/app.js";

const page = new Page({
  requestFrame: (then) => void requestAnimationFrame(then),
  nowUs,
});
render(<App page={page} />, document.body);
void fetchGatewayUrl(location.origin).then((url) => {
  page.gatewayUrl.value = url;
});
void fetchAssets(location.origin).then((assets) => page.know(assets));
