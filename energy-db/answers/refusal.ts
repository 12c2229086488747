import { UserError } from "../../src/errors.ts";
import { type Kernel, kernelFamily } from "../../src/network/kernel.ts";
import type { Platform } from "../records.ts";
import type { MeasuredKernel } from "./observations.ts";
import { hasOneAxis } from "./plane.ts";

/** The error for kernels that the table cannot answer: what was asked, what is measured, what to do. */
export function refusal(
  missing: readonly Kernel[],
  measured: readonly MeasuredKernel[],
  { platform, grid }: { readonly platform: Platform; readonly grid: number },
): UserError {
  const shown = missing.slice(0, 3).map((kernel) => describeGap(kernel, measured));
  const more = missing.length > shown.length ? `; and ${missing.length - shown.length} more` : "";
  return new UserError(`No cost on ${platform.device} for ${shown.join("; ")}${more}`, {
    hint:
      `Costs are interpolated between measured widths${grid > 1 ? ` at multiples of ${grid}` : ""}, never ` +
      "extrapolated. Ask for such a width, or measure more: " +
      `wattsplit profile --device ${platform.device} --net NETWORK.json --grid 1 --db FILE`,
  });
}

/** "conv2d 3x3 stride 1, 32x32, 16 -> 40 channels". */
export function describeKernel(kernel: Kernel): string {
  const window = kernel.kernelSize > 1 ? ` ${kernel.kernelSize}x${kernel.kernelSize}` : "";
  const stride = kernel.stride > 1 ? ` stride ${kernel.stride}` : "";
  const batch = kernel.batch > 1 ? `, batch ${kernel.batch}` : "";
  const variant = kernel.variant === "linear" ? "" : ` ${kernel.variant}`;
  const size = `${kernel.inHeight}x${kernel.inWidth}`;
  return `${kernel.op}${window}${stride}${variant}, ${size}, ${widths(kernel)} channels${batch}`;
}

const widths = (kernel: Kernel): string =>
  hasOneAxis(kernel) ? `${kernel.inChannels}` : `${kernel.inChannels} -> ${kernel.outChannels}`;

const nearestShown = 3;

function describeGap(asked: Kernel, measured: readonly MeasuredKernel[]): string {
  const family = kernelFamily(asked);
  const related = measured.filter((known) => known.family === family).map(({ kernel }) => kernel);
  if (related.length === 0)
    return `${describeKernel(asked)}: no layer of this shape was measured at any width`;
  const distance = (kernel: Kernel) =>
    Math.hypot(
      Math.log2(kernel.inChannels / asked.inChannels),
      Math.log2(kernel.outChannels / asked.outChannels),
    );
  const nearest = [...related].sort((a, b) => distance(a) - distance(b)).slice(0, nearestShown);
  return (
    `${describeKernel(asked)}: outside the ${related.length} measured widths; ` +
    `nearest ${nearest.map(widths).join(", ")}`
  );
}
