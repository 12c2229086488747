import { axisX, axisY, barY, text } from "@observablehq/plot";
import { everyNth } from "./gains.ts";
import { baseline } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { RoundRow } from "./rows.ts";

const height_px = 320;
const marginTop_px = 22;
const marginBottom_px = 38;
const labelHeight_px = 12;

interface Segment {
  readonly round: number;
  readonly layer: string;
  readonly width: number;
  /** Position in the network as a fraction: first layers are drawn light, last ones dark. */
  readonly depth: number;
  readonly y1: number;
  readonly y2: number;
}

/** Neurons per layer after each round, stacked in network order from the bottom. */
export function widthsPerRound(rows: readonly RoundRow[], width = 560): Figure {
  const segments = rows.flatMap(stack);
  const rounds = rows.map(({ round }) => round);
  const last = segments.filter(({ round }) => round === rounds.at(-1));
  const most = Math.max(1, ...segments.map(({ y2 }) => y2));
  const names = last.map((segment) => `${segment.layer} ${segment.width}`);
  return {
    description: "Neurons per layer after each round",
    plot: {
      width,
      height: height_px,
      marginTop: marginTop_px,
      marginBottom: marginBottom_px,
      marginLeft: 44,
      marginRight: 14 + 6.2 * Math.max(0, ...names.map((name) => name.length)),
      x: { type: "band", label: "round", domain: rounds, padding: 0.18 },
      y: { label: "neurons", domain: [0, most] },
      marks: [
        axisX({ ticks: everyNth(rounds, width / 34), tickSize: 0, labelAnchor: "right" }),
        axisY({ ticks: 5, tickSize: 0 }),
        barY(segments, {
          x: "round",
          y1: "y1",
          y2: "y2",
          fill: palette.measured,
          fillOpacity: (segment: Segment) => 0.25 + 0.65 * segment.depth,
          title: (segment: Segment) => `round ${segment.round}, ${segment.layer}: ${segment.width}`,
          insetTop: 0.5,
          insetBottom: 0.5,
        }),
        baseline(),
        text(spread(last, most), {
          x: "round",
          y: "y",
          text: "label",
          textAnchor: "start",
          dx: bandHalf_px(rounds.length, width) + 4,
        }),
      ],
    },
  };
}

function stack({ round, widths }: RoundRow): readonly Segment[] {
  const layers = Object.entries(widths);
  let y1 = 0;
  return layers.map(([layer, width], index) => {
    const segment = {
      round,
      layer,
      width,
      depth: layers.length > 1 ? index / (layers.length - 1) : 1,
      y1,
      y2: y1 + width,
    };
    y1 = segment.y2;
    return segment;
  });
}

/** Labels at their segment's middle, moved apart until none touches the next; ones that find no room are left out. */
function spread(segments: readonly Segment[], most: number) {
  const perPixel = most / (height_px - marginTop_px - marginBottom_px);
  const step = labelHeight_px * perPixel;
  const room = Math.floor(most / step) + 1;
  const widest = [...segments].sort((a, b) => b.width - a.width).slice(0, room);
  const shown = segments.filter((segment) => widest.includes(segment));
  const middles = shown.map(({ y1, y2 }) => (y1 + y2) / 2);
  for (let i = 1; i < middles.length; i++) {
    middles[i] = Math.max(middles[i] ?? 0, (middles[i - 1] ?? 0) + step);
  }
  let ceiling = most;
  for (let i = middles.length - 1; i >= 0; i--) {
    middles[i] = Math.min(middles[i] ?? 0, ceiling);
    ceiling = (middles[i] ?? 0) - step;
  }
  return shown.map(({ round, layer, width }, i) => ({
    round,
    y: middles[i] ?? 0,
    label: `${layer} ${width}`,
  }));
}

/** Half the width of a bar, so that labels start beside the last one; an estimate on the small side of the frame. */
function bandHalf_px(rounds: number, width: number): number {
  return Math.min(40, (0.36 * width) / (rounds + 1));
}
