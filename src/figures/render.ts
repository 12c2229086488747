import { type PlotOptions, plot } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { palette, type Role } from "./palette.ts";

export interface LegendEntry {
  readonly label: string;
  readonly role: Role;
  readonly symbol: "dot" | "circle" | "square" | "hollow-square" | "diamond" | "line" | "dash";
}

/** What a figure function returns: everything but the drawing. */
export interface Figure {
  /** Read aloud in place of the picture. */
  readonly description: string;
  readonly heading?: string;
  readonly note?: string;
  readonly legend?: readonly LegendEntry[];
  readonly plot: PlotOptions;
}

const lineHeight_px = 16;
/** Advance of an average letter at the 11 px used in legends; only used to break lines. */
const letter_px = 6;

/** Draws a figure as one SVG string that stands alone and, inside a page, follows the page's colours. */
export function renderFigure({
  description,
  heading,
  note,
  legend = [],
  plot: options,
}: Figure): string {
  const { document } = parseHTML("<html></html>");
  const width = options.width ?? 560;
  const legendRows = breakLegend(legend, width);
  const head = [heading, note].filter((line) => line !== undefined);
  const height = options.height ?? 300;
  const headLines = head.length + legendRows.length;
  const headHeight = headLines > 0 ? headLines * lineHeight_px + 6 : 0;
  const drawn = plot({
    ...options,
    document: document as unknown as NonNullable<PlotOptions["document"]>,
    width,
    height,
    marginTop: options.marginTop ?? 24,
    style: { fontSize: "11px", background: "none" },
  });
  // Plot's own style repeats what the page and the attributes say.
  drawn.querySelector("style")?.remove();
  // The head stands above the drawing, at negative y.
  drawn.setAttribute("viewBox", `0 ${-headHeight} ${width} ${height + headHeight}`);
  drawn.setAttribute("height", String(height + headHeight));
  drawn.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  drawn.setAttribute("role", "img");
  // linkedom writes attributes without escaping & and <, which XML does not allow.
  drawn.setAttribute("aria-label", escapeText(description));
  const top = (row: number) => row * lineHeight_px - headHeight;
  const title = head.map((line, row) => headLine(line, top(row), line === heading));
  const keys = legendRows.flatMap((entries, row) =>
    entries.map(({ entry, left_px }) => legendKey(entry, left_px, top(head.length + row))),
  );
  return drawn.outerHTML.replace(/<\/svg>$/, () => `${[...title, ...keys].join("")}</svg>`);
}

function breakLegend(entries: readonly LegendEntry[], width: number) {
  const rows: { readonly entry: LegendEntry; readonly left_px: number }[][] = [];
  let left = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const entryWidth = 34 + entry.label.length * letter_px;
    if (left + entryWidth > width) {
      rows.push([]);
      left = 0;
    }
    rows.at(-1)?.push({ entry, left_px: left });
    left += entryWidth;
  }
  return rows;
}

function headLine(text: string, top_px: number, isHeading: boolean): string {
  const weight = isHeading ? ' font-weight="600" font-size="12"' : ' fill-opacity="0.7"';
  return `<text x="0" y="${top_px + 12}" text-anchor="start"${weight}>${escapeText(text)}</text>`;
}

const symbols: { readonly [S in LegendEntry["symbol"]]: (colour: string) => string } = {
  dot: (colour) => `<circle cx="8" r="4" fill="${colour}"/>`,
  circle: (colour) => `<circle cx="8" r="3.5" fill="none" stroke="${colour}" stroke-width="1.75"/>`,
  square: (colour) => `<rect x="4.5" y="-3.5" width="7" height="7" fill="${colour}"/>`,
  "hollow-square": (colour) =>
    `<rect x="4.5" y="-3.5" width="7" height="7" fill="none" stroke="${colour}" stroke-width="1.75"/>`,
  diamond: (colour) =>
    `<path d="M8,-5L12,0L8,5L4,0Z" fill="none" stroke="${colour}" stroke-width="1.75"/>`,
  line: (colour) => `<path d="M0,0H16" stroke="${colour}" stroke-width="2.5"/>`,
  dash: (colour) =>
    `<path d="M0,0H16" stroke="${colour}" stroke-width="1.5" stroke-dasharray="5,3"/>`,
};

function legendKey({ label, role, symbol }: LegendEntry, left_px: number, top_px: number): string {
  const key = symbols[symbol](palette[role]);
  const text = `<text x="22" y="0.35em" text-anchor="start">${escapeText(label)}</text>`;
  return `<g transform="translate(${left_px},${top_px + 8})">${key}${text}</g>`;
}

/** Text as it may stand in SVG and HTML, quotes included. */
export function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
