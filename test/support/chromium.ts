/**
 * A real Chromium for the tests of the page: Debian's package, which is installed where we are root and apt is there. Elsewhere
 * CHROMIUM_PATH may name one, or the tests are left out, with one line that says so.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { patience } from "./machine.js";

const PACKAGE = "chromium-headless-shell";
const KNOWN_PATHS = [`/usr/bin/${PACKAGE}`, "/usr/bin/chromium", "/usr/bin/google-chrome"];
/** How long a test waits for what a page should show, on an idle machine. */
const WAIT_MS = 15_000;
const INSTALL_TIMEOUT_MS = 120_000;
/** After a failed try this file says that the next test need not wait for another one, for so long. */
const FAILED_MARK = join(projectRoot, "node_modules", ".cache", "chromium-not-installed");
const FAILED_FOR_MS = 3_600_000;
const APT = [
  "-q",
  "-y",
  "--no-install-recommends",
  "-o",
  "DPkg::Lock::Timeout=60",
  "-o",
  "Acquire::Retries=1",
  "-o",
  "Acquire::http::Timeout=20",
];

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page: errors, and what its Content-Security-Policy has stopped. */
  readonly problems: readonly string[];
}

export type OpenPages = (url: string, options?: BrowserContextOptions) => Promise<OpenPage>;

/** Null: there is none here, and none can be installed. */
export function chromiumPath(): string | null {
  const given = process.env["CHROMIUM_PATH"];
  if (given !== undefined) return given;
  const found = () => KNOWN_PATHS.find((path) => existsSync(path)) ?? null;
  return found() ?? (install() ? found() : null);
}

/** Defines tests that open pages; each page is closed after its test, and must have had no problem. */
export function describeInBrowser(title: string, define: (open: OpenPages) => void): void {
  const executablePath = chromiumPath();
  if (executablePath === null) {
    console.log(`left out: ${title}: there is no Chromium; apt-get install ${PACKAGE}, or set CHROMIUM_PATH`);
    return;
  }
  describe(title, () => {
    const opened: OpenPage[] = [];
    let browser: Browser;
    before(async () => {
      browser = await launchChromium(executablePath);
    });
    afterEach(async () => {
      for (const { page } of opened) await page.context().close();
      const problems = opened.splice(0).flatMap((one) => one.problems);
      if (problems.length > 0) throw new Error(`the page had problems:\n${problems.join("\n")}`);
    });
    after(() => browser.close());
    define(async (url, options = {}) => {
      const one = await openPage(browser, url, options);
      opened.push(one);
      return one;
    });
  });
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** Opens a page and waits until it is loaded. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1500, height: 1000 }, ...options });
  context.setDefaultTimeout(patience(WAIT_MS));
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", ({ message }) => problems.push(message));
  page.on("console", (message) => {
    // A lost connection is what some tests are about, and Chromium logs each.
    if (message.type() === "error" && !/WebSocket|ERR_CONNECTION|Failed to load/.test(message.text()))
      problems.push(message.text());
  });
  await page.goto(url);
  return { page, problems };
}

function install(): boolean {
  const isRoot = process.getuid?.() === 0;
  const failedMs = statSync(FAILED_MARK, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get") || Date.now() - failedMs < FAILED_FOR_MS) return false;
  console.log(`installing ${PACKAGE} for the tests of the page …`);
  const apt = (...args: string[]) =>
    spawnSync("apt-get", [...args, ...APT], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      timeout: INSTALL_TIMEOUT_MS,
      stdio: "ignore",
    }).status === 0;
  if (apt("install", PACKAGE) || (apt("update") && apt("install", PACKAGE))) return true;
  writeFileSync(FAILED_MARK, "");
  return false;
}
