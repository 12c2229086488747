import { UserError } from "../../src/errors.ts";
import { below } from "../answers/below.ts";
import type { DearWidth } from "../answers/marginal.ts";
import type { StoredForeignTable } from "../foreign.ts";
import type { ForeignRow, Shape } from "../formats/foreign-table.ts";
import { groupBy } from "../group-by.ts";
import type { CostAnswer, Provenance } from "../records.ts";
import { curvesAlong, type ForeignAxis, foreignAxes, widthOf } from "./curves.ts";
import { type ForeignSteps, foreignSteps } from "./foreign-steps.ts";
import { type LocalFit, localFit } from "./local-fit.ts";

/** What is asked of imported rows: an operation, parts of its shape, and widths. */
export interface ForeignQuestion {
  readonly op?: string | undefined;
  readonly shape: Shape;
  readonly widths: Readonly<Partial<Record<ForeignAxis, number>>>;
}

/** A cost as for measured kernels, without an interval where nothing tells one; rows are named by their keys in the source. */
export type ForeignAnswer = Omit<CostAnswer, "rows" | "latency_low_s" | "latency_high_s"> &
  Partial<Pick<CostAnswer, "latency_low_s" | "latency_high_s">> & {
    readonly rows: readonly string[];
  };

/** Steps of one family along one axis, as of measured ones. */
export interface ForeignStairs extends Pick<ForeignSteps, "axis" | "step"> {
  readonly family: string;
  /** Share of the curves that agree. */
  readonly confidence: number;
  readonly widths: number;
  readonly dear: readonly DearWidth[];
}

/** Answers from one imported table. */
export interface ForeignCosts {
  readonly device: string;
  readonly source: string;
  /** Rows as the source has them where it has the widths asked for, else between them. Throws a UserError that says what is missing. */
  cost(question: ForeignQuestion): ForeignAnswer;
  stairs(question: ForeignQuestion): readonly ForeignStairs[];
}

interface Family {
  readonly op: string;
  readonly shape: Shape;
  readonly rows: readonly ForeignRow[];
  /** Widths that its rows have. */
  readonly axes: readonly ForeignAxis[];
}

/** Answers from a table of blocks or layers by widths; lists of whole networks have no widths to ask for. */
export function foreignCosts({ device, source, rows }: StoredForeignTable): ForeignCosts {
  const families = familiesOf(rows);
  const named = `${source.name}: ${device}, ${source.format}`;
  const fits = new Map<Family, Fits>();
  return {
    device,
    source: named,
    cost: (question) => {
      const family = oneFamily(families, question, named);
      const own = fits.get(family) ?? fitsOf(family);
      fits.set(family, own);
      return costIn(family, own, question);
    },
    stairs: (question) => matching(families, question).flatMap(stairsOf),
  };
}

const familiesOf = (rows: readonly ForeignRow[]): readonly Family[] =>
  [...groupBy(rows, ({ op, shape }) => JSON.stringify([op, shape])).values()].flatMap((own) => {
    const [first] = own;
    const axes = foreignAxes.filter((axis) => own.every((row) => widthOf(row, axis) !== undefined));
    return first && axes.length > 0 ? [{ op: first.op, shape: first.shape, rows: own, axes }] : [];
  });

const describe = ({ op, shape }: Pick<Family, "op" | "shape">): string =>
  [op, ...Object.entries(shape).map(([name, value]) => `${name}=${value}`)].join(" ");

const matching = (families: readonly Family[], { op, shape }: ForeignQuestion) =>
  families.filter(
    (family) =>
      (op === undefined || family.op === op) &&
      Object.entries(shape).every(([name, value]) => String(family.shape[name]) === String(value)),
  );

function oneFamily(families: readonly Family[], question: ForeignQuestion, source: string): Family {
  const asked = describe({ op: question.op ?? "any operation", shape: question.shape });
  const found = matching(families, question);
  const [family] = found;
  if (!family)
    throw new UserError(`No rows of ${source} are ${asked}`, {
      hint: `It has: ${families.slice(0, 5).map(describe).join("; ") || "no rows with widths"}`,
      exit: "unavailable",
    });
  if (found.length > 1)
    throw new UserError(`${found.length} kinds of rows are ${asked}`, {
      hint: `Say which by --shape NAME=VALUE: ${found.slice(0, 5).map(describe).join("; ")}`,
      exit: "usage",
    });
  return family;
}

interface Fits {
  readonly latency: LocalFit;
  readonly energy: LocalFit;
  /** The first row of exactly these widths. */
  readonly exact: (widths: readonly number[]) => ForeignRow | undefined;
  /** A row on the same tread, where every curve along an axis has the same steps: it costs the same. */
  readonly treadMate: (widths: readonly number[]) => ForeignRow | undefined;
}

function fitsOf({ rows, axes }: Family): Fits {
  const agreed = foreignSteps({ rows }).filter(({ curves, judged }) => curves === judged);
  const fitOf = (field: "latency_s" | "energy_j") => {
    const points = rows.flatMap((row) => {
      const cost = row[field];
      return cost ? [{ widths: axes.map((axis) => widthOf(row, axis) ?? 1), cost }] : [];
    });
    return localFit(points);
  };
  const steps = new Map(agreed.map(({ axis, step = 1 }) => [axis, step]));
  const treadOf = (width: number, axis: number) =>
    Math.ceil(width / (steps.get(axes[axis] ?? "out") ?? 1));
  return {
    latency: fitOf("latency_s"),
    energy: fitOf("energy_j"),
    exact: rowFinder({ rows, axes }, (width) => width),
    treadMate: rowFinder({ rows, axes }, treadOf),
  };
}

/** Finds the first row whose widths fall into the same places: by a key, since families have thousands of rows. */
function rowFinder(
  { rows, axes }: Pick<Family, "rows" | "axes">,
  placeOf: (width: number, axis: number) => number,
): (widths: readonly number[]) => ForeignRow | undefined {
  const keyOf = (widths: readonly number[]) => widths.map(placeOf).join();
  const first = groupBy(rows, (row) => keyOf(axes.map((axis) => widthOf(row, axis) ?? 0)));
  return (widths) => first.get(keyOf(widths))?.[0];
}

/** The row of these widths, or of the same tread; else between rows. */
function costIn(family: Family, fits: Fits, { widths }: ForeignQuestion): ForeignAnswer {
  const asked = family.axes.map((axis) => {
    const width = widths[axis];
    if (width !== undefined) return width;
    throw new UserError(`${describe(family)} needs a width: ${axis} channels`, {
      hint: "Give --in HxWxC, --mid C and --out C as far as its rows have them.",
      exit: "usage",
    });
  });
  const exact = fits.exact(asked);
  const between = { latency: fits.latency(asked), energy: fits.energy(asked) };
  if (exact) return answerOf(exact, "imported", between, [exact.key]);
  const tread = fits.treadMate(asked);
  if (tread) return answerOf(tread, "interpolated", between, [tread.key]);
  if (!between.latency)
    throw new UserError(`${describe(family)} has no rows around ${asked.join(" x ")} channels`, {
      hint: `Costs are interpolated, never extrapolated. Its widths: ${family.axes.map((axis) => rangeText(family.rows, axis)).join(", ")}.`,
      exit: "unavailable",
    });
  const { cost: latency_s } = between.latency;
  const energy_j = between.energy?.cost;
  const row = { latency_s, ...(energy_j === undefined ? {} : { energy_j }) };
  return answerOf(row, "interpolated", between, []);
}

const rangeText = (rows: readonly ForeignRow[], axis: ForeignAxis): string => {
  const widths = rows.map((row) => widthOf(row, axis) ?? 0);
  return `${axis} ${Math.min(...widths)} to ${Math.max(...widths)}`;
};

function answerOf(
  row: Pick<ForeignRow, "latency_s" | "latency_sd_s" | "samples" | "energy_j">,
  provenance: Provenance,
  between: { readonly latency: ReturnType<LocalFit>; readonly energy: ReturnType<LocalFit> },
  rows: readonly string[],
): ForeignAnswer {
  const { latency_s, latency_sd_s, samples = 1, energy_j } = row;
  if (latency_s === undefined)
    throw new UserError(`Row ${rows.join(", ")} has no latency`, {
      hint: "The table counts something else: wattsplit table export shows its rows.",
      exit: "unavailable",
    });
  // A row without a spread is as sure as rows like it are predictable.
  const relative =
    latency_sd_s === undefined
      ? relativeHalf(between.latency)
      : (1.96 * latency_sd_s) / Math.sqrt(samples) / latency_s;
  const [latencyLow, latencyHigh] = intervalOf(latency_s, relative);
  return {
    latency_s,
    ...(latencyLow === undefined || latencyHigh === undefined
      ? {}
      : { latency_low_s: latencyLow, latency_high_s: latencyHigh }),
    ...(energy_j === undefined ? {} : energyOf(energy_j, relativeHalf(between.energy), provenance)),
    provenance,
    rows,
  };
}

type EnergyFields = Pick<
  ForeignAnswer,
  "energy_j" | "energy_low_j" | "energy_high_j" | "energyProvenance"
>;

function energyOf(
  energy_j: number,
  relative: number | undefined,
  energyProvenance: Provenance,
): EnergyFields {
  const [low, high] = intervalOf(energy_j, relative);
  const interval =
    low === undefined || high === undefined ? {} : { energy_low_j: low, energy_high_j: high };
  return { energy_j, ...interval, energyProvenance };
}

const intervalOf = (cost: number, relative: number | undefined): readonly number[] =>
  relative === undefined ? [] : [below(cost, relative), cost * (1 + relative)];

const relativeHalf = (local: ReturnType<LocalFit>): number | undefined =>
  local && local.half / local.cost;

function stairsOf(family: Family): readonly ForeignStairs[] {
  return foreignSteps(family).map(({ axis, step, curves, judged }) => {
    const [longest = []] = [...curvesAlong(family.rows, axis)].sort((a, b) => b.length - a.length);
    return {
      axis,
      ...(step === undefined ? {} : { step }),
      family: describe(family),
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
