import { UserError } from "../../src/errors.ts";
import { type Kernel, kernelFamily, kernelKey } from "../../src/network/kernel.ts";
import { type CostTable, costTable } from "../answers/cost-table.ts";
import type { MeasuredKernel } from "../answers/measured-kernels.ts";
import { withWidth } from "../fit/plane.ts";
import type { Costs } from "../fit/predictor.ts";
import type { StoredForeignTable } from "../foreign.ts";
import type { Shape } from "../formats/foreign-table.ts";
import type { Platform } from "../records.ts";
import { familiesOf, matchingFamilies } from "./families.ts";
import { foreignSource } from "./foreign-costs.ts";
import { canonicalIn, type KernelFamily, kernelFamiliesOf } from "./imported-kernels.ts";
import { importedPredictor, usualSpread } from "./imported-predictor.ts";

/**
 * Those rows of an imported table that are kernels of ours, answered as measured ones are: by one predictor a family. What a
 * call costs beyond its kernels no such table says; it is 0 here. Intervals add up as if all rows were wrong the same way.
 * Throws a UserError where no row is a kernel, and where `shape` does not tell apart rows of the same one.
 */
export function importedCostTable(table: StoredForeignTable, shape: Shape = {}): CostTable {
  const families = kernelFamiliesOf(matchingFamilies(familiesOf(table.rows), { shape }));
  if (families.length === 0) throw noKernels(table);
  const spread = usualSpread(families);
  const predictors = families.map((family) => importedPredictor(family, spread));
  const canonical = canonicalIn(families);
  const places = new Map(families.map(({ key }, i) => [key, i]));
  const predictorFor = (kernel: Kernel) =>
    predictors[places.get(kernelFamily(canonical(kernel))) ?? -1];
  const ofFamily = (key: string): readonly MeasuredKernel[] => {
    const family = families[places.get(key) ?? -1];
    return family ? measuredRows(family) : [];
  };
  const costs: Costs = {
    call_s: 0,
    predictors,
    halfOfNetwork: (kernels) =>
      sum(kernels, (kernel) => predictorFor(kernel)?.predict(kernel)?.half_s),
    halfOfChange: (changes) =>
      sum(changes, ({ before, after }) => predictorFor(after)?.halfOfDifference(before, after)),
  };
  const measured = {
    ofFamily,
    of: (kernel: Kernel) => {
      const said = canonical(kernel);
      return ofFamily(kernelFamily(said)).find(({ key }) => key === kernelKey(said));
    },
  };
  const origin = {
    platform: platformOf(table),
    imported: table.id,
    method: "isolated" as const,
    source: foreignSource(table),
    alignment: 1,
    block: Math.max(...predictors.map(({ structure }) => structure.out.block)),
    summary: { space: "", designNetworks: 0, heldOutNetworks: 0 },
  };
  return costTable(costs, measured, origin, canonical);
}

const sum = <T>(items: readonly T[], of: (item: T) => number | undefined): number =>
  items.reduce((total, item) => total + (of(item) ?? 0), 0);

const measuredRows = ({ rows, example, key }: KernelFamily): readonly MeasuredKernel[] =>
  rows.flatMap(({ inChannels = 0, outChannels = inChannels, latency_s, samples = 1 }) => {
    if (latency_s === undefined) return [];
    const kernel = withWidth(withWidth(example, "out", outChannels), "in", inChannels);
    const ids = { kernel, key: kernelKey(kernel), family: key };
    const provenance = "imported" as const;
    return [{ ...ids, provenance, latency_s, observations: samples, flags: [], rows: [] }];
  });

/** As far as the source says; it has no number among the platforms measured. */
function platformOf({ device, details }: StoredForeignTable): Platform {
  const said = (name: string) => String(details[name] ?? "unknown");
  const precision = said("precision");
  return {
    id: 0,
    device,
    processor: said("processor"),
    fingerprint: "unknown",
    os: said("os"),
    runtime: said("runtime"),
    runtimeVersion: said("runtimeVersion"),
    runtimeBuild: "unknown",
    precision: precision === "int8" || precision === "float16" ? precision : "float32",
    threads: Number(details.threads) || 1,
    powerMode: said("powerMode"),
    details,
  };
}

function noKernels(table: StoredForeignTable): UserError {
  const ops = [...new Set(table.rows.map(({ op }) => op))];
  return new UserError(
    `No row of ${foreignSource(table)} is a layer that a network could be added up from`,
    {
      hint: `It lists ${ops.slice(0, 5).join(", ")}: ask for its own rows by wattsplit query kernels and query cost.`,
      exit: "unavailable",
    },
  );
}
