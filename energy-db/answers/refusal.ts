import { UserError } from "../../src/errors.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { windowArea, windowSize, windowStride } from "../../src/network/layer.ts";
import { hasOneAxis } from "../fit/plane.ts";
import type { Predictor } from "../fit/predictor.ts";
import type { Platform } from "../records.ts";

/** The error for kernels that the table cannot answer: what was asked, what is measured, what to do. */
export function refusal(
  missing: readonly Kernel[],
  predictorOf: (kernel: Kernel) => Predictor | undefined,
  { platform }: { readonly platform: Platform },
): UserError {
  const shown = missing.slice(0, 3).map((kernel) => describeGap(kernel, predictorOf(kernel)));
  const more = missing.length > shown.length ? `; and ${missing.length - shown.length} more` : "";
  return new UserError(`No cost on ${platform.device} for ${shown.join("; ")}${more}`, {
    hint:
      "Costs are interpolated between measured widths, never extrapolated. Ask for such a width, or measure more: " +
      `wattsplit profile --device ${platform.device} --net NETWORK.json --grid 1 --db FILE; a guess: wattsplit query cost --predict`,
  });
}

/** "conv2d 3x3 stride 1, 32x32, 16 -> 40 channels". */
export function describeKernel(kernel: Kernel): string {
  const [size, strides] = [windowSize(kernel), windowStride(kernel)];
  const window = windowArea(kernel) > 1 ? ` ${size.join("x")}` : "";
  const isSquare = strides[0] === strides[1];
  const stride =
    isSquare && strides[0] === 1 ? "" : ` stride ${isSquare ? strides[0] : strides.join("x")}`;
  const batch = kernel.batch > 1 ? `, batch ${kernel.batch}` : "";
  const variant = kernel.variant === "linear" ? "" : ` ${kernel.variant}`;
  const dtype = kernel.dtype === "float32" ? "" : ` ${kernel.dtype}`;
  const image = `${kernel.inHeight}x${kernel.inWidth}`;
  return `${kernel.op}${window}${stride}${variant}${dtype}, ${image}, ${widths(kernel)} channels${batch}`;
}

const widths = (kernel: Kernel): string =>
  hasOneAxis(kernel) ? `${kernel.inChannels}` : `${kernel.inChannels} -> ${kernel.outChannels}`;

function describeGap(asked: Kernel, predictor: Predictor | undefined): string {
  if (!predictor)
    return `${describeKernel(asked)}: no layer of this shape was measured at any width`;
  const { in: input, out: output } = predictor.ranges;
  const between = (low: number, high: number) => (low === high ? `${low}` : `${low} to ${high}`);
  const measured = hasOneAxis(asked)
    ? between(...input)
    : `${between(...input)} -> ${between(...output)}`;
  const isWithin = (width: number, [low, high]: readonly [number, number]) =>
    low <= width && width <= high;
  const isInside = isWithin(asked.inChannels, input) && isWithin(asked.outChannels, output);
  return isInside
    ? `${describeKernel(asked)}: only widths of another alignment were measured`
    : `${describeKernel(asked)}: measured are ${measured} channels`;
}
