/** The operators' desk as a page, which the back-office serves: it knows what the API answers, and nothing else. */
import { render } from "preact";
import { App } from "./app.js";

render(<App />, document.body);
