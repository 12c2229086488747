import {
  type CostTable,
  describeKernel,
  type ForeignRow,
  foreignAxes,
  type PlatformSummary,
} from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import { kernelKey } from "../../network/kernel.ts";
import { median, quantile } from "../../statistics.ts";
import type { ImportedAnswers, TableReader } from "./table-reader.ts";

/** What is compared: a platform that was measured, or a table that was imported. */
export type Side =
  | { readonly kind: "measured"; readonly platform: PlatformSummary; readonly costs: CostTable }
  | { readonly kind: "imported"; readonly imported: ImportedAnswers };

/** What an address says for a side: a platform's number, or that of an imported table behind a word. */
export const sideId = (side: Side): number | string =>
  side.kind === "measured" ? side.platform.id : `imported-${side.imported.summary.id}`;

/** The side of which an address says the id. Throws a UserError that says what there is. */
export function sideOf(given: string, reader: TableReader): Side {
  const [, word, digits] = /^(imported-)?(\d+)$/.exec(given) ?? [];
  if (digits === undefined)
    throw new UserError(`${given} names nothing that can be compared`, {
      hint: "Give the id of a platform, or imported- and that of an imported table: /compare?one=1&other=imported-1. List: /api/platforms",
      exit: "usage",
    });
  const id = Number(digits);
  if (word !== undefined) return { kind: "imported", imported: reader.importedById(id) };
  const choice = { platform: id };
  return { kind: "measured", platform: reader.platform(choice), costs: reader.costs(choice) };
}

/** One thing that both sides know the latency of. */
interface Shared {
  readonly kernel: string;
  readonly one_s: number;
  readonly other_s: number;
}

/** Two sides kernel by kernel, or row by row where both are imported, and what differs beside the device. */
export function compareSides([one, other]: readonly [Side, Side]) {
  const kernels = sharedBy(one, other);
  const ratios = kernels.map(({ one_s, other_s }) => other_s / one_s);
  return {
    one: sideId(one),
    other: sideId(other),
    differences: differencesOf(one, other),
    /** How many times as long the other takes; absent where nothing is known of both. */
    ...(ratios.length > 0
      ? {
          ratio: { median: median(ratios), p10: quantile(ratios, 0.1), p90: quantile(ratios, 0.9) },
        }
      : {}),
    kernels,
  };
}

export type Comparison = ReturnType<typeof compareSides>;

function sharedBy(one: Side, other: Side): readonly Shared[] {
  if (one.kind === "measured") return sharedKernels(one.costs, latencyOn(other));
  if (other.kind === "imported") return sharedRows(one.imported, other.imported);
  return sharedBy(other, one).map(({ kernel, one_s, other_s }) => ({
    ...{ kernel, one_s: other_s, other_s: one_s },
  }));
}

type Kernels = ReturnType<CostTable["kernels"]>;

function sharedKernels(
  costs: CostTable,
  there: (row: Kernels[number]) => number | undefined,
): readonly Shared[] {
  return costs.kernels().flatMap((row) => {
    const other_s = there(row);
    return other_s === undefined
      ? []
      : [{ kernel: describeKernel(row.kernel), one_s: row.cost.latency_s, other_s }];
  });
}

/** Of kernels that a side has rows of: smoothed where it was measured, as its source has them where not. */
function latencyOn(side: Side): (row: Kernels[number]) => number | undefined {
  if (side.kind === "measured") {
    const known = new Map(
      side.costs.kernels().map(({ kernel, cost }) => [kernelKey(kernel), cost.latency_s]),
    );
    return ({ kernel }) => known.get(kernelKey(kernel));
  }
  const costs = side.imported.costs();
  return ({ kernel }) => costs.measured(kernel)?.latency_s;
}

/** Rows of two imported tables that say the same of everything but cost. */
function sharedRows(one: ImportedAnswers, other: ImportedAnswers): readonly Shared[] {
  const there = latenciesOf(other);
  return [...latenciesOf(one)].flatMap(([kernel, one_s]) => {
    const other_s = there.get(kernel);
    return other_s === undefined ? [] : [{ kernel, one_s, other_s }];
  });
}

/** Rows without a latency, and those that nothing tells from another one, are left out. */
function latenciesOf({ table }: ImportedAnswers): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const several = new Set<string>();
  for (const row of table.rows) {
    if (row.latency_s === undefined) continue;
    const what = describeRow(row);
    if (found.has(what)) several.add(what);
    found.set(what, row.latency_s);
  }
  for (const what of several) found.delete(what);
  return found;
}

/** By its shape and widths; lists of whole networks tell them by their keys alone. */
function describeRow({ key, op, shape, ...row }: ForeignRow): string {
  const told = Object.entries(shape).map(([name, value]) => `${name} ${value}`);
  const widths = foreignAxes.flatMap((axis) => {
    const width = row[`${axis}Channels`];
    return width === undefined ? [] : [`${width} ${axis}`];
  });
  const all = [...told.sort(), ...widths];
  return all.length === 0 ? `${op} ${key}` : [op, ...all].join(", ");
}

/** Fields of a platform, beside its device, that may be why its costs are others. */
const fields = [
  "processor",
  "os",
  "runtime",
  "runtimeVersion",
  "precision",
  "threads",
  "powerMode",
] as const;

/** Of sides that were both measured: a source seldom says how it did. */
function differencesOf(one: Side, other: Side) {
  if (one.kind === "imported" || other.kind === "imported") return [];
  const [{ platform: first }, { platform: second }] = [one, other];
  return fields
    .filter((field) => first[field] !== second[field])
    .map((field) => ({ field, one: first[field], other: second[field] }));
}
