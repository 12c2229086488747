import { UserError } from "../../src/errors.ts";
import type { DearWidth } from "../answers/marginal.ts";
import type { StoredForeignTable } from "../foreign.ts";
import type { ForeignRow, Shape } from "../formats/foreign-table.ts";
import { curvesAlong, type ForeignAxis, widthOf } from "./curves.ts";
import {
  agreedSteps,
  describeFamily,
  type Family,
  type Fits,
  familiesOf,
  fitsOf,
  matchingFamilies,
} from "./families.ts";
import { answerAt, type ForeignAnswer } from "./family-answer.ts";
import { type ForeignSteps, foreignSteps } from "./foreign-steps.ts";

/** What is asked of imported rows: an operation, parts of its shape, and widths. */
export interface ForeignQuestion {
  readonly op?: string | undefined;
  readonly shape: Shape;
  readonly widths: Readonly<Partial<Record<ForeignAxis, number>>>;
}

/** Steps of one family along one axis, as of measured ones. */
export interface ForeignStairs extends Pick<ForeignSteps, "axis" | "step"> {
  readonly family: string;
  /** Share of the curves that agree. */
  readonly confidence: number;
  readonly widths: number;
  readonly dear: readonly DearWidth[];
}

export interface ForeignChange {
  readonly grow: ForeignAxis;
  readonly by?: number | undefined;
}

/** cost(wider) - cost(now) of one block or layer; without an interval where either has none. */
export interface ForeignMarginal extends Omit<ForeignAnswer, "rows"> {
  readonly grow: ForeignAxis;
  readonly by: number;
  /** The end of the tread that today's width stands on, as far as every curve has the same steps. */
  readonly freeUntil: number;
  readonly now: ForeignAnswer;
  readonly wider: ForeignAnswer;
}

/** Answers from one imported table. */
export interface ForeignCosts {
  readonly device: string;
  readonly source: string;
  /** Rows as the source has them where it has the widths asked for, else between them. Throws a UserError that says what is missing. */
  cost(question: ForeignQuestion): ForeignAnswer;
  /** Cost of `by` more channels along an axis, by default a step of it. Throws like `cost`. */
  marginal(question: ForeignQuestion, change: ForeignChange): ForeignMarginal;
  stairs(question: ForeignQuestion): readonly ForeignStairs[];
}

/** Where the answers of an imported table come from, in words. */
export const foreignSource = ({
  source,
  device,
}: Pick<StoredForeignTable, "source" | "device">): string =>
  `${source.name}: ${device}, ${source.format}`;

/** Answers from a table of blocks or layers by widths; lists of whole networks have no widths to ask for. */
export function foreignCosts(table: StoredForeignTable): ForeignCosts {
  const families = familiesOf(table.rows);
  const source = foreignSource(table);
  const fits = new Map<Family, Fits>();
  const fitsFor = (family: Family): Fits => {
    const own = fits.get(family) ?? fitsOf(family);
    fits.set(family, own);
    return own;
  };
  const cost = (question: ForeignQuestion): ForeignAnswer => {
    const family = oneFamily(families, question, source);
    return costIn(family, fitsFor(family), question);
  };
  return {
    device: table.device,
    source,
    cost,
    marginal: (question, change) =>
      marginalIn(oneFamily(families, question, source), question, change, cost),
    stairs: (question) => matchingFamilies(families, question).flatMap(stairsOf),
  };
}

function oneFamily(families: readonly Family[], question: ForeignQuestion, source: string): Family {
  const asked = describeFamily({ op: question.op ?? "any operation", shape: question.shape });
  const found = matchingFamilies(families, question);
  const [family] = found;
  if (!family)
    throw new UserError(`No rows of ${source} are ${asked}`, {
      hint: `It has: ${families.slice(0, 5).map(describeFamily).join("; ") || "no rows with widths"}`,
      exit: "unavailable",
    });
  if (found.length > 1)
    throw new UserError(`${found.length} kinds of rows are ${asked}`, {
      hint: `Say which by --shape NAME=VALUE: ${found.slice(0, 5).map(describeFamily).join("; ")}`,
      exit: "usage",
    });
  return family;
}

/** The row of these widths, or of the same tread; else between rows. */
function costIn(family: Family, fits: Fits, { widths }: ForeignQuestion): ForeignAnswer {
  const asked = family.axes.map((axis) => {
    const width = widths[axis];
    if (width !== undefined) return width;
    throw new UserError(`${describeFamily(family)} needs a width: ${axis} channels`, {
      hint: "Give --in HxWxC, --mid C and --out C as far as its rows have them.",
      exit: "usage",
    });
  });
  const answer = answerAt(fits, asked);
  if (answer) return answer;
  if (family.rows.every(({ latency_s }) => latency_s === undefined))
    throw new UserError(`Rows of ${describeFamily(family)} have no latency`, {
      hint: "The table counts something else: wattsplit query kernels shows its rows.",
      exit: "unavailable",
    });
  throw new UserError(
    `${describeFamily(family)} has no rows around ${asked.join(" x ")} channels`,
    {
      hint: `Costs are interpolated, never extrapolated. Its widths: ${family.axes.map((axis) => rangeText(family.rows, axis)).join(", ")}.`,
      exit: "unavailable",
    },
  );
}

const rangeText = (rows: readonly ForeignRow[], axis: ForeignAxis): string => {
  const widths = rows.map((row) => widthOf(row, axis) ?? 0);
  return `${axis} ${Math.min(...widths)} to ${Math.max(...widths)}`;
};

function marginalIn(
  family: Family,
  question: ForeignQuestion,
  { grow, by: asked }: ForeignChange,
  cost: (question: ForeignQuestion) => ForeignAnswer,
): ForeignMarginal {
  if (!family.axes.includes(grow))
    throw new UserError(`${describeFamily(family)} has no ${grow} channels to grow`, {
      hint: `Give --grow ${family.axes.join(" or --grow ")}.`,
      exit: "usage",
    });
  const at = (width: number) => ({ ...question, widths: { ...question.widths, [grow]: width } });
  const width = question.widths[grow] ?? 0;
  const step = agreedSteps(family).get(grow) ?? 1;
  const by = asked ?? step;
  const [now, wider] = [cost(at(width)), cost(at(width + by))];
  const tread = (of: number): number => Math.ceil(of / step);
  // One tread is one row: what is wrong with it is the same on both sides.
  const isShared = tread(width) === tread(width + by);
  const latency_s = wider.latency_s - now.latency_s;
  const half_s = isShared ? 0 : halfOfDifference(now, wider);
  const energy_j =
    now.energy_j === undefined || wider.energy_j === undefined
      ? undefined
      : wider.energy_j - now.energy_j;
  return {
    grow,
    by,
    latency_s,
    ...(half_s === undefined
      ? {}
      : { latency_low_s: latency_s - half_s, latency_high_s: latency_s + half_s }),
    ...(energy_j === undefined ? {} : { energy_j, energyProvenance: "imported" as const }),
    provenance: now.provenance === wider.provenance ? now.provenance : "interpolated",
    freeUntil: Math.max(width, step > 1 ? tread(width) * step : width),
    now,
    wider,
  };
}

function halfOfDifference(now: ForeignAnswer, wider: ForeignAnswer): number | undefined {
  const halves = [now, wider].map(({ latency_s, latency_high_s }) =>
    latency_high_s === undefined ? Number.NaN : latency_high_s - latency_s,
  );
  const half = Math.hypot(...halves);
  return Number.isNaN(half) ? undefined : half;
}

function stairsOf(family: Family): readonly ForeignStairs[] {
  return foreignSteps(family).map(({ axis, step, curves, judged }) => {
    const [longest = []] = [...curvesAlong(family.rows, axis)].sort((a, b) => b.length - a.length);
    return {
      axis,
      ...(step === undefined ? {} : { step }),
      family: describeFamily(family),
      confidence: curves / judged,
      widths: new Set(family.rows.map((row) => widthOf(row, axis))).size,
      dear: dearOn(longest),
    };
  });
}

/** Less is how rows of one width differ. */
const dearer = 0.01;

/** Widths that cost more than the cheapest larger one. */
const dearOn = (
  curve: readonly { readonly width: number; readonly cost: number }[],
): readonly DearWidth[] =>
  curve.flatMap(({ width, cost }, i) => {
    const [cheapest] = curve.slice(i + 1).sort((a, b) => a.cost - b.cost);
    const by = cheapest ? cost / cheapest.cost - 1 : 0;
    return cheapest && by > dearer ? [{ width, than: cheapest.width, by }] : [];
  });
