import { UserError } from "../../src/errors.ts";
import { type Kernel, type KernelOp, kernelFamily, windowOf } from "../../src/network/kernel.ts";
import { hasOneAxis, isKernelOp } from "../fit/plane.ts";
import type { Shape } from "../formats/foreign-table.ts";
import { groupBy } from "../group-by.ts";
import { describeFamily, type Family } from "./families.ts";

/** A family of imported rows that are kernels of ours, and what its source does not say of them. */
export interface KernelFamily extends Family {
  /** One kernel; its channel counts mean nothing. */
  readonly example: Kernel;
  readonly key: string;
}

/** What stands for a padding or activation that a source does not state: every one is answered alike. */
const unstated = { padding: "same", variant: "linear" } as const;

/**
 * Those of an imported table's families that are kernels of ours. Throws a UserError where several are the same kernel, told
 * apart by something that kernels do not have, as by bits of weights.
 */
export function kernelFamiliesOf(families: readonly Family[]): readonly KernelFamily[] {
  const found = families.flatMap((family): KernelFamily | never[] => {
    const example = kernelOf(family);
    return example ? { ...family, example, key: kernelFamily(example) } : [];
  });
  for (const [one, other] of groupBy(found, ({ key }) => key).values())
    if (one && other)
      throw new UserError(
        `Rows of the same kernel differ: ${describeFamily(one)} and ${describeFamily(other)}`,
        { hint: "Say which are meant: --shape NAME=VALUE", exit: "usage" },
      );
  return found;
}

function kernelOf({ op, shape, axes }: Family): Kernel | undefined {
  if (!isKernelOp(op) || !hasWidthsOf(op, axes)) return undefined;
  const isDepthwise = op === "depthwise_conv2d";
  const number = (name: string, otherwise: number) => numberOf(shape, name) ?? otherwise;
  const height = number("height", op === "dense" ? 1 : 0);
  if (height === 0 || (number("groups", 1) > 1 && !isDepthwise)) return undefined;
  const [size, stride] = [number("kernel", 1), number("stride", 1)];
  const { padding, variant } = shape;
  return {
    op,
    batch: number("batch", 1),
    inHeight: height,
    inWidth: number("width", height),
    inChannels: 2,
    outChannels: 2,
    ...windowOf({
      ...{ kernelSize: size, kernelWidth: number("kernelWidth", size) },
      ...{ stride, strideWidth: number("strideWidth", stride) },
    }),
    // "Grouped or not" is all that a family says of groups.
    groups: isDepthwise ? 2 : 1,
    padding: padding === "valid" ? "valid" : unstated.padding,
    variant: (variant as Kernel["variant"] | undefined) ?? unstated.variant,
    dtype: "float32",
  };
}

/** Rows with channels inside are blocks of several kernels. */
const hasWidthsOf = (op: KernelOp, axes: Family["axes"]): boolean =>
  axes.includes("in") && !axes.includes("mid") && (hasOneAxis({ op }) || axes.includes("out"));

function numberOf(shape: Shape, name: string): number | undefined {
  const value = shape[name];
  return typeof value === "number" ? value : undefined;
}

/** Says a kernel in the words of the families: without a padding or activation that they do not state. */
export function canonicalIn(families: readonly KernelFamily[]): (kernel: Kernel) => Kernel {
  const ways = [...groupBy(families, (family) => JSON.stringify(unsaidBy(family)))].map(
    ([way, own]) => ({
      unsaid: JSON.parse(way) as Partial<typeof unstated>,
      keys: new Set(own.map(({ key }) => key)),
    }),
  );
  return (kernel) => {
    for (const { unsaid, keys } of ways) {
      const said = { ...kernel, ...unsaid };
      if (keys.has(kernelFamily(said))) return said;
    }
    return kernel;
  };
}

const unsaidBy = ({ shape }: KernelFamily): Partial<typeof unstated> => ({
  ...(shape.padding === undefined ? { padding: unstated.padding } : {}),
  ...(shape.variant === undefined ? { variant: unstated.variant } : {}),
});
