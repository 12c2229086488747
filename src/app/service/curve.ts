import { type Axis, type CostTable, hasOneAxis, withWidth } from "../../../energy-db/index.ts";
import { type Kernel, kernelFamily } from "../../network/kernel.ts";
import { costFields } from "../workflows/kernel-row.ts";

/** Points of a curve, and cells of a map along one side, at most. */
const most = { points: 96, cells: 16 };

/** One kind of kernel along its output width (its one width where it keeps channels), over both widths, and as measured. */
export function kernelCurve(costs: CostTable, kernel: Kernel) {
  const { op, kernelSize, stride, inHeight, inWidth, variant, padding, batch } = kernel;
  const family = { op, kernelSize, stride, inHeight, inWidth, variant, padding, batch };
  const axis = hasOneAxis(kernel) ? "in" : "out";
  const stairs = costs
    .stairs({ op })
    .find((found) => found.family === kernelFamily(kernel) && found.axis === axis);
  return {
    kernel,
    axis,
    ...(stairs?.step === undefined ? {} : { step: stairs.step }),
    curve: curveThrough(kernel, axis, costs),
    map: axis === "in" ? [] : mapOver(kernel, costs),
    measured: costs.kernels(family).map(({ kernel: seen, latency_s, cost, observations }) => ({
      inChannels: seen.inChannels,
      outChannels: seen.outChannels,
      measured_s: latency_s,
      ...costFields(cost),
      observations,
    })),
  };
}

export type KernelCurve = ReturnType<typeof kernelCurve>;

function curveThrough(kernel: Kernel, axis: Axis, costs: CostTable) {
  const [low, high] = costs.ranges(kernel)?.[axis] ?? [1, 0];
  const step = Math.max(1, Math.ceil((high - low + 1) / most.points));
  const widths = Array.from(
    { length: Math.floor((high - low) / step) + 1 },
    (_, i) => low + i * step,
  );
  return widths.flatMap((width) => {
    const cost = costs.tryCost(withWidth(kernel, axis, width));
    return cost ? [{ width, ...costFields(cost) }] : [];
  });
}

function mapOver(kernel: Kernel, costs: CostTable) {
  const ranges = costs.ranges(kernel);
  if (!ranges) return [];
  return spread(ranges.in).flatMap((inChannels) =>
    spread(ranges.out).flatMap((outChannels) => {
      const cost = costs.tryCost({ ...kernel, inChannels, outChannels });
      return cost ? [{ inChannels, outChannels, ...costFields(cost) }] : [];
    }),
  );
}

/** Widths from low to high in even ratios, on multiples of 8 where there is room. */
function spread([low, high]: readonly [number, number]): readonly number[] {
  const count = Math.min(most.cells, high - low + 1);
  const widths = Array.from({ length: count }, (_, i) => {
    const width = low * (high / low) ** (count > 1 ? i / (count - 1) : 0);
    return width < 24 ? Math.round(width) : Math.min(high, 8 * Math.round(width / 8));
  });
  return [...new Set(widths)];
}
