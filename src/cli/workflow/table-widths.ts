import type { CostTable } from "../../../energy-db/index.ts";
import { type Kernel, kernelFamily, kernelsOf } from "../../network/kernel.ts";
import type { SearchStart } from "../../network/search-start.ts";
import { widthGroups } from "../../network/width-groups.ts";

/** The most output channels measured in a kernel's family; 0 where none was. */
export function widestMeasured(kernel: Kernel, costs: CostTable): number {
  const family = kernelFamily(kernel);
  const widths = costs
    .kernels({ op: kernel.op })
    .filter((measured) => measured.family === family)
    .map((measured) => measured.kernel.outChannels);
  return Math.max(0, ...widths);
}

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
