import { Option } from "commander";
import { type CostTable, describeKernel, type KernelFilter } from "../../energy-db/index.ts";
import { UserError } from "../errors.ts";
import { type Kernel, type KernelOp, kernelFamily } from "../network/kernel.ts";
import { count, type ImageShape, imageShape } from "./options.ts";

/** Flags that describe a kernel, all or some of it. */
export interface KernelFlags {
  readonly op?: string;
  readonly kernel?: number;
  readonly stride?: number;
  readonly in?: ImageShape;
  readonly out?: number;
  readonly variant?: string;
  readonly batch?: number;
}

export const kernelOptions: readonly Option[] = [
  new Option("--op <op>", "conv2d, depthwise_conv2d, dense, pool, global_pool or add"),
  new Option("--kernel <k>", "window size").argParser(count),
  new Option("--stride <s>", "stride").argParser(count),
  new Option("--in <HxWxC>", "input height, width and channels").argParser(imageShape),
  new Option("--out <c>", "output channels").argParser(count),
  new Option("--variant <v>", "fused activation, or max or average for pool"),
  new Option("--batch <n>", "batch size").argParser(count),
];

/** What the flags say about a kernel, as a filter on measured ones. */
export function kernelFilter(flags: KernelFlags, { widths = true } = {}): KernelFilter {
  return {
    ...(flags.op ? { op: flags.op as KernelOp } : {}),
    ...(flags.kernel ? { kernelSize: flags.kernel } : {}),
    ...(flags.stride ? { stride: flags.stride } : {}),
    ...(flags.in ? { inHeight: flags.in.height, inWidth: flags.in.width } : {}),
    ...(flags.variant ? { variant: flags.variant as Kernel["variant"] } : {}),
    ...(flags.batch ? { batch: flags.batch } : {}),
    ...(widths && flags.in ? { inChannels: flags.in.channels } : {}),
    ...(widths && flags.out ? { outChannels: flags.out } : {}),
  };
}

/** The kernel asked for: the one measured family that the flags describe, at their channel counts. */
export function askedKernel(flags: KernelFlags, costs: CostTable): Kernel {
  const { op, in: input, out } = flags;
  if (!op || !input)
    throw new UserError(`A cost needs --op and --in, given ${op ? `--op ${op}` : "no --op"}`, {
      hint: "For example: --op conv2d --kernel 3 --stride 1 --in 28x28x1 --out 16. List: query kernels",
      exit: "usage",
    });
  const related = costs.kernels(kernelFilter(flags, { widths: false })).map(({ kernel }) => kernel);
  const families = new Map(related.map((kernel) => [kernelFamily(kernel), kernel]));
  const [example, ...others] = families.values();
  if (!example)
    throw new UserError(
      `No measured kernel is a ${op} of ${input.height}x${input.width} with these flags`,
      {
        hint: "See what is measured: query kernels",
      },
    );
  if (others.length > 0)
    throw new UserError(
      `The flags fit ${families.size} kinds of kernel: ${[...families.values()].map(describeKernel).join("; ")}`,
      { hint: "Add --kernel, --stride, --variant or --batch.", exit: "usage" },
    );
  const outChannels = out ?? input.channels;
  const groups = example.groups > 1 ? input.channels : 1;
  return { ...example, inChannels: input.channels, outChannels, groups };
}
