import type { CostTable } from "../../../energy-db/index.ts";
import { type Kernel, kernelsOf } from "../../network/kernel.ts";
import type { SearchStart } from "../../network/search-start.ts";
import { widthGroups } from "../../network/width-groups.ts";

/** The most output channels that the table answers for in a kernel's family; 0 where none was measured. */
export const widestMeasured = (kernel: Kernel, costs: CostTable): number =>
  costs.ranges(kernel)?.out[1] ?? 0;

/** The start with caps no wider than the table can answer: costs are never extrapolated. */
export function withinTable(start: SearchStart, costs: CostTable): SearchStart {
  const kernels = new Map(kernelsOf(start.network).map(({ layer, kernel }) => [layer, kernel]));
  const caps = widthGroups(start.network).flatMap(({ name, layers }) => {
    const cap = start.caps.get(name);
    const known = layers.flatMap((layer) => {
      const kernel = kernels.get(layer);
      return kernel ? [widestMeasured(kernel, costs)] : [];
    });
    return cap === undefined ? [] : [[name, Math.min(cap, ...known)] as const];
  });
  return { ...start, caps: new Map(caps) };
}

/** Groups whose caps the table lowered, in words; undefined where it lowered none. */
export function loweredCaps(asked: SearchStart, known: SearchStart): string | undefined {
  const lowered = [...known.caps].filter(([name, cap]) => cap < (asked.caps.get(name) ?? cap));
  return lowered.length === 0
    ? undefined
    : `The table is only measured up to ${lowered.map(([name, cap]) => `${name} ${cap}`).join(", ")}: no group grows wider`;
}
