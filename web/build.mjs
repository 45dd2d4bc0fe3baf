/**
 * Bundles the page into dist/web: what its first paint needs, the chart in a file of its own, and each file gzipped beside
 * itself. Names hold a hash of their content, so browsers may keep them for ever; index.html names them.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const COMPRESSED = /\.(js|css|html|svg)$/;

/** The pages: for traders, and for operators. Both show the same icon. */
const PAGES = [
  { from: "web", to: "web", icon: "icon.svg" },
  { from: "web/desk", to: "desk", icon: "../icon.svg" },
];

/** `root`: the project's folder. Throws where the bundler does. */
export function buildPages(root) {
  for (const page of PAGES) buildPage(root, page);
}

function buildPage(root, { from, to, icon }) {
  const folder = join(root, "dist", to);
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: join(root, from),
    entryPoints: ["main.tsx", "style.css", icon],
    outdir: folder,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".svg": "copy" },
    minify: true,
    sourcemap: true,
    metafile: true,
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  let page = readFileSync(join(root, from, "index.html"), "utf8");
  const main = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === "main.tsx");
  const needed = main.imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => basename(path));
  page = page.replace(
    "  </head>",
    `${needed.map((name) => `    <link rel="modulepreload" href="/${name}" />\n`).join("")}  </head>`,
  );
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
    if (entryPoint !== undefined)
      page = page.replace(`"/${basename(entryPoint).replace(/\.tsx$/, ".js")}"`, `"/${basename(path)}"`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = outputFiles.map(({ path, contents }) => ({ path, contents }));
  for (const { path, contents } of [...files, { path: join(folder, "index.html"), contents: Buffer.from(page) }]) {
    writeFileSync(path, contents);
    if (COMPRESSED.test(path)) writeFileSync(`${path}.gz`, gzipSync(contents, { level: 9 }));
  }
}
