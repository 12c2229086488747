import { type Markish, text } from "@observablehq/plot";
import { palette } from "./palette.ts";

/** A mark with a name, in shown units. */
export interface NamedPlace {
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

/** What lies within the axes. */
export interface Frame {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly width_px: number;
  readonly height_px: number;
}

/** The frame's size in a figure of these measures. */
export const frameOf = (of: {
  readonly width: number;
  readonly height: number;
  readonly marginTop: number;
  readonly marginBottom: number;
  readonly marginLeft: number;
  readonly marginRight: number;
}): Pick<Frame, "width_px" | "height_px"> => ({
  width_px: of.width - of.marginLeft - of.marginRight,
  height_px: of.height - of.marginTop - of.marginBottom,
});

/** Where a name stands beside its mark, in pixels: it starts or ends there. */
export interface NameSpot {
  readonly textAnchor: "start" | "end";
  readonly dx: number;
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const meet = (one: Box, other: Box): boolean =>
  one.left < other.right &&
  other.left < one.right &&
  one.top < other.bottom &&
  other.top < one.bottom;

/** About how wide and high letters are, as shares of their size. */
const letter = { width: 0.55, height: 1.05 };
/** Half of a mark's box: names do not cover marks either. */
const mark_px = 4;

/**
 * Names that hide neither each other nor a mark: each takes the first of its spots that is free, in the order given; one without a
 * free spot is left out.
 */
export function placeNames<P extends NamedPlace>(
  wanted: readonly { readonly place: P; readonly spots: readonly NameSpot[] }[],
  frame: Frame,
  { size_px, marks = [] }: { readonly size_px: number; readonly marks?: readonly NamedPlace[] },
): readonly { readonly place: P; readonly spot: NameSpot }[] {
  const [left, right] = frame.x;
  const [bottom, top] = frame.y;
  const pixel = ({ x, y }: NamedPlace) => ({
    x: ((x - left) / (right - left)) * frame.width_px,
    y: ((top - y) / (top - bottom)) * frame.height_px,
  });
  const boxOf = (place: P, { textAnchor, dx, dy }: NameSpot): Box => {
    const at = pixel(place);
    const long = letter.width * size_px * place.label.length;
    const from = at.x + dx - (textAnchor === "end" ? long : 0);
    const half = (letter.height * size_px) / 2;
    return { left: from, right: from + long, top: at.y + dy - half, bottom: at.y + dy + half };
  };
  const taken = marks.map((mark): Box => {
    const { x, y } = pixel(mark);
    return { left: x - mark_px, right: x + mark_px, top: y - mark_px, bottom: y + mark_px };
  });
  return wanted.flatMap(({ place, spots }) => {
    const spot = spots.find((one) => !taken.some((box) => meet(boxOf(place, one), box)));
    if (!spot) return [];
    taken.push(boxOf(place, spot));
    return [{ place, spot }];
  });
}

/** So far above and below a mark a name touches neither it nor its whiskers' middle. */
const above = [-13, -26, -39];
const below = [14, 27, 40];

/** Names over or under their marks, reaching to the side of the middle, where there is room. */
export function namesBeside(
  groups: readonly {
    readonly places: readonly NamedPlace[];
    readonly fill: string;
    readonly prefers: "above" | "below";
  }[],
  frame: Frame,
  marks: readonly NamedPlace[],
): Markish[] {
  const middle = (frame.x[0] + frame.x[1]) / 2;
  const wanted = groups.flatMap(({ places, fill, prefers }) =>
    places.map((place) => {
      const [textAnchor, dx] = place.x < middle ? (["start", -4] as const) : (["end", 4] as const);
      const offsets = prefers === "above" ? [...above, ...below] : [...below, ...above];
      const spots = offsets.map((dy): NameSpot => ({ textAnchor, dx, dy }));
      return { place: { ...place, fill }, spots };
    }),
  );
  return placeNames(wanted, frame, { size_px: 11, marks }).map(({ place, spot }) =>
    text([place], {
      x: "x",
      y: "y",
      text: "label",
      fill: place.fill,
      stroke: palette.paper,
      strokeWidth: 3,
      ...spot,
    }),
  );
}
