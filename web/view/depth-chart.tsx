import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { priceText, shortQuantityText } from "../../src/shared/subscriber/asset.js";
import type { Page } from "../model/page.js";
import { drawDepth } from "./depth-drawing.js";
import { Panel } from "./panel.js";
import { colours, theme } from "./theme.js";

/** How much rests up to each price. The canvas says it in words, too. */
export function DepthChart({ page }: { readonly page: Page }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { current } = canvas;
    if (current === null) return;
    let palette = colours();
    const draw = () => {
      const asset = page.asset.peek();
      const [price, quantity] = [
        (ticks: number) => (asset === null ? "" : priceText(asset, Math.round(ticks))),
        (lots: number) => (asset === null ? "" : shortQuantityText(asset, lots)),
      ];
      drawDepth(current, page.book.curve.peek(), palette, { price, quantity });
    };
    const resized = new ResizeObserver(draw);
    resized.observe(current);
    const endTheme = effect(() => {
      theme.value;
      palette = colours();
      draw();
    });
    const endCurve = effect(() => {
      page.book.curve.value;
      draw();
    });
    return () => {
      resized.disconnect();
      endTheme();
      endCurve();
    };
  }, [page]);
  return (
    <Panel name="depth" title="Depth">
      <canvas ref={canvas} role="img" aria-label={page.book.curveText} />
      <p class="hint">{page.book.curveText}</p>
    </Panel>
  );
}
