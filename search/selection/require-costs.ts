import { UserError } from "../../src/errors.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import type { CostModel } from "../cost-model.ts";
import {
  type KernelBetween,
  kernelsBetween,
  type OpenGroup,
  withChannels,
} from "./network-problem.ts";

/**
 * Throws one UserError that names every layer whose cost is not known at some pair of the widths, so that a search cannot
 * meet one half-way: input and output widths vary independently, a measured range of each does not cover both.
 */
export function requireCosts(
  network: Network,
  widths: ReadonlyMap<string, readonly number[]>,
  costs: CostModel,
): void {
  const open = widthGroups(network).flatMap((group): readonly OpenGroup[] => {
    const listed = widths.get(group.name);
    if (!listed) return [];
    const own = Int32Array.from(new Set([group.width, ...listed])).sort();
    return [{ group, widths: own, gains: new Float64Array(own.length), present: 0 }];
  });
  const gaps = kernelsBetween({ network, open }).flatMap((between) => {
    const missing = sizesOf(between, open).flatMap((kernel) => {
      const cause = whyUnknown(kernel, costs);
      return cause ? [{ kernel, cause }] : [];
    });
    const [first] = missing;
    if (!first) return [];
    const ranges = [
      rangeText(missing.map(({ kernel }) => kernel.inChannels)),
      rangeText(missing.map(({ kernel }) => kernel.outChannels)),
    ];
    return [{ layer: between.layer, text: ranges.join(" -> "), cause: first.cause }];
  });
  const [first] = gaps;
  if (!first) return;
  const shown = gaps.slice(0, 3).map(({ layer, text }) => `${layer} (${text} channels)`);
  const more = gaps.length > shown.length ? ` and ${gaps.length - shown.length} more layers` : "";
  throw new UserError(
    `The search may need costs that ${costs.source} does not know: ${shown.join(", ")}${more}`,
    {
      hint: "Profile the network again over these widths (wattsplit profile --net NETWORK --db FILE), or cap the search below them.",
      exit: "unavailable",
      cause: first.cause,
    },
  );
}

/** The kernel at every pair of widths its channels may have. */
function sizesOf(
  { kernel, input, output }: KernelBetween,
  open: readonly OpenGroup[],
): readonly Kernel[] {
  const widthsOf = (variable: number | undefined, fixed: number) =>
    variable === undefined ? [fixed] : [...(open[variable]?.widths ?? [])];
  return widthsOf(input, kernel.inChannels).flatMap((inChannels) => {
    const isOneGroup = input !== undefined && input === output;
    const outs = isOneGroup ? [inChannels] : widthsOf(output, kernel.outChannels);
    return outs.map((outChannels) => withChannels(kernel, inChannels, outChannels));
  });
}

function whyUnknown(kernel: Kernel, costs: CostModel): UserError | undefined {
  try {
    costs.kernel(kernel);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function rangeText(widths: readonly number[]): string {
  const [low, high] = [Math.min(...widths), Math.max(...widths)];
  return low === high ? `${low}` : `${low} to ${high}`;
}
