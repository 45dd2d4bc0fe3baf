/** Draws the depth curve: bids to the left, rising leftwards, asks to the right. */
import type { CurvePoint, DepthCurve } from "../state/depth-curve.js";
import type { colours } from "./theme.js";

type Palette = ReturnType<typeof colours>;

export interface Labels {
  price(ticks: number): string;
  quantity(lots: number): string;
}

const TEXT_PX = 11;
const FOOT_PX = 18;
const HEAD_PX = 6;
const FILL_OPACITY = 0.22;

export function drawDepth(canvas: HTMLCanvasElement, curve: DepthCurve | null, palette: Palette, labels: Labels): void {
  const context = canvas.getContext("2d");
  const { clientWidth: width, clientHeight: height } = canvas;
  if (context === null || width === 0 || height === 0) return;
  const ratio = devicePixelRatio;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  // Setting its size clears a canvas and takes new memory: only where it has changed.
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (curve === null) return;
  const { lowTicks, highTicks, topLots, bids, asks } = curve;
  const x = (ticks: number) => ((ticks - lowTicks) / (highTicks - lowTicks)) * width;
  const y = (lots: number) => height - FOOT_PX - (lots / topLots) * (height - FOOT_PX - HEAD_PX);
  drawSide(context, bids, 0, palette.bid, [], { x, y });
  drawSide(context, asks, width, palette.ask, [4, 3], { x, y });

  context.fillStyle = palette.faint;
  context.font = `${TEXT_PX}px system-ui, sans-serif`;
  context.textBaseline = "bottom";
  for (const [part, align] of [
    [0, "left"],
    [0.5, "center"],
    [1, "right"],
  ] as const) {
    context.textAlign = align;
    context.fillText(labels.price(lowTicks + (highTicks - lowTicks) * part), width * part, height - 2);
  }
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillText(labels.quantity(topLots), 2, HEAD_PX);
}

/** Steps from the best level to the edge; asks are dashed, so that the sides differ without their colours. */
function drawSide(
  context: CanvasRenderingContext2D,
  points: readonly CurvePoint[],
  edgeX: number,
  colour: string,
  dashes: number[],
  { x, y }: { x(ticks: number): number; y(lots: number): number },
): void {
  const [best] = points;
  if (best === undefined) return;
  const line = new Path2D();
  line.moveTo(x(best.priceTicks), y(0));
  let lots = 0;
  for (const { priceTicks, totalLots } of points) {
    line.lineTo(x(priceTicks), y(lots));
    line.lineTo(x(priceTicks), y(totalLots));
    lots = totalLots;
  }
  line.lineTo(edgeX, y(lots));
  const area = new Path2D(line);
  area.lineTo(edgeX, y(0));
  context.fillStyle = colour;
  context.globalAlpha = FILL_OPACITY;
  context.fill(area);
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.setLineDash(dashes);
  context.stroke(line);
  context.setLineDash([]);
}
