import { describeKernel } from "../../../energy-db/ask.ts";
import type { CostTable, KernelFilter } from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import type { Kernel, KernelOp } from "../../network/kernel.ts";

export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A kernel as people ask for it, all or some of it: by flags on the command line, by parameters over HTTP. */
export interface KernelQuestion {
  readonly op?: string | undefined;
  readonly kernel?: number | undefined;
  readonly stride?: number | undefined;
  readonly in?: ImageShape | undefined;
  readonly out?: number | undefined;
  readonly variant?: string | undefined;
  readonly batch?: number | undefined;
}

/** "28x28x16" as a shape; undefined when it is none. */
export function parseImageShape(text: string): ImageShape | undefined {
  const match = /^(\d{1,6})x(\d{1,6})x(\d{1,6})$/.exec(text);
  const [height = 0, width = 0, channels = 0] = (match ?? []).slice(1).map(Number);
  return height * width * channels === 0 ? undefined : { height, width, channels };
}

/** What the question says about a kernel, as a filter on measured ones. */
export function kernelFilter(question: KernelQuestion, { widths = true } = {}): KernelFilter {
  return {
    ...(question.op ? { op: question.op as KernelOp } : {}),
    ...(question.kernel ? { kernelSize: question.kernel } : {}),
    ...(question.stride ? { stride: question.stride } : {}),
    ...(question.in ? { inHeight: question.in.height, inWidth: question.in.width } : {}),
    ...(question.variant ? { variant: question.variant as Kernel["variant"] } : {}),
    ...(question.batch ? { batch: question.batch } : {}),
    ...(widths && question.in ? { inChannels: question.in.channels } : {}),
    ...(widths && question.out ? { outChannels: question.out } : {}),
  };
}

/**
 * Of the costs of a platform's spaces, the newest first, those that know the kernel asked for; the first of all where none do,
 * for what they say of it.
 */
export const costsThatKnow = (
  tables: readonly [CostTable, ...CostTable[]],
  question: KernelQuestion,
): CostTable => tables.find((costs) => isKnown(question, costs)) ?? tables[0];

/** Whether the question describes one measured family and widths within it. */
export function isKnown(question: KernelQuestion, costs: CostTable): boolean {
  const { length } = costs.families(kernelFilter(question, { widths: false }));
  if (length !== 1 || !question.op || !question.in) return false;
  return costs.tryCost(askedKernel(question, costs)) !== undefined;
}

/** The kernel asked for: the one measured family that the question describes, at its channel counts. */
export function askedKernel(question: KernelQuestion, costs: Pick<CostTable, "families">): Kernel {
  const { op, in: input, out } = question;
  if (!op || !input)
    throw new UserError(`A cost needs --op and --in, given ${op ? `--op ${op}` : "no --op"}`, {
      hint: "For example: --op conv2d --kernel 3 --stride 1 --in 28x28x1 --out 16. List: query kernels",
      exit: "usage",
    });
  const families = costs.families(kernelFilter(question, { widths: false }));
  const [example, ...others] = families;
  if (!example)
    throw new UserError(
      `No measured kernel is a ${op} of ${input.height}x${input.width} with these flags`,
      { hint: "See what is measured: query kernels", exit: "unavailable" },
    );
  if (others.length > 0)
    throw new UserError(
      `The flags fit ${families.length} kinds of kernel: ${families.map(describeKernel).join("; ")}`,
      { hint: "Add --kernel, --stride, --variant or --batch.", exit: "usage" },
    );
  const outChannels = out ?? input.channels;
  const groups = example.groups > 1 ? input.channels : 1;
  return { ...example, inChannels: input.channels, outChannels, groups };
}
