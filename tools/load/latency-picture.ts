/**
 * Latencies by percentile as one HTML page with one SVG in it, for a person who looks at it without a network. Each nine to the
 * right is as wide as the one before, as HdrHistogram's plots have it, and milliseconds are logarithmic. Pure.
 */
export interface Curve {
  readonly name: string;
  /** By percentile, rising. */
  readonly points: readonly (readonly [percentile: number, ms: number])[];
}

export interface Picture {
  readonly title: string;
  /** What was run, a line each. */
  readonly about: readonly string[];
  readonly curves: readonly Curve[];
}

const [WIDTH, HEIGHT] = [900, 480];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 40, 20, 50];
const NINES = [0, 90, 99, 99.9, 99.99];
/** Of Okabe and Ito: they stay apart for eyes that see few colours. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const SHOWN = [50, 90, 99, 99.9, 99.99];

export function pictureHtml({ title, about, curves }: Picture): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: ${WIDTH}px; margin: 2em auto; padding: 0 1em; }
svg { width: 100%; height: auto; } svg text { fill: currentColor; font-size: 13px; } .grid { stroke: currentColor; opacity: 0.2; }
table { border-collapse: collapse; } td, th { padding: 0.2em 0.8em; text-align: right; } td:first-child, th:first-child { text-align: left; }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${about.map((line) => `<p>${escaped(line)}</p>`).join("\n")}
${svgOf(curves)}
${tableOf(curves)}
</body>
</html>
`;
}

function svgOf(curves: readonly Curve[]): string {
  const all = curves.flatMap(({ points }) => points.map(([, ms]) => ms));
  const lowest = 10 ** Math.floor(Math.log10(Math.max(0.01, Math.min(...all))));
  const highest = 10 ** Math.ceil(Math.log10(Math.max(1, ...all)));
  const decades = Math.round(Math.log10(highest / lowest));
  const x = (percentile: number) => LEFT + (ninesOf(percentile) / ninesOf(99.99)) * (WIDTH - LEFT - RIGHT);
  const y = (ms: number) =>
    HEIGHT - BOTTOM - (Math.log10(Math.max(lowest, ms) / lowest) / decades) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: decades + 1 }, (_, decade) => lowest * 10 ** decade);
  const parts = [
    ...ticks.map((ms) => line(LEFT, y(ms), WIDTH - RIGHT, y(ms)) + text(LEFT - 8, y(ms) + 4, `${shown(ms)} ms`, "end")),
    ...NINES.map(
      (nine) =>
        line(x(nine), TOP, x(nine), HEIGHT - BOTTOM) + text(x(nine), HEIGHT - BOTTOM + 18, `${nine} %`, "middle"),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "of the orders were no slower", "middle"),
    ...curves.map(({ points }, index) => {
      const path = points.map(([percentile, ms]) => `${x(percentile).toFixed(1)},${y(ms).toFixed(1)}`).join(" ");
      return `<polyline fill="none" stroke="${colourOf(index)}" stroke-width="2" points="${path}"/>`;
    }),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Latency by percentile">\n${parts.join("\n")}\n</svg>`;
}

function tableOf(curves: readonly Curve[]): string {
  const heads = ["", ...SHOWN.map((percentile) => `p${percentile}`)].map((head) => `<th>${head}</th>`);
  const rows = curves.map(({ name, points }, index) => {
    const cells = SHOWN.map((percentile) => `<td>${shown(msAt(points, percentile))}</td>`);
    return `<tr><td><b style="color: ${colourOf(index)}">▬</b> ${escaped(name)}, ms</td>${cells.join("")}</tr>`;
  });
  return `<table>\n<tr>${heads.join("")}</tr>\n${rows.join("\n")}\n</table>`;
}

/** The first one that is no lower. */
function msAt(points: Curve["points"], percentile: number): number {
  return (points.find(([at]) => at >= percentile - 1e-9) ?? points.at(-1))?.[1] ?? Number.NaN;
}

/** 0 at 0 %, 1 at 90 %, 2 at 99 %. */
function ninesOf(percentile: number): number {
  return -Math.log10(1 - Math.min(99.99, percentile) / 100);
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}

function line(fromX: number, fromY: number, toX: number, toY: number): string {
  return `<line class="grid" x1="${fromX.toFixed(1)}" y1="${fromY.toFixed(1)}" x2="${toX.toFixed(1)}" y2="${toY.toFixed(1)}"/>`;
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function shown(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : String(Number(ms.toPrecision(3)));
}

function escaped(words: string): string {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
