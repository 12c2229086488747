import type { CostAnswer, GuessedCosts } from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import type { Kernel, KernelOp } from "../../network/kernel.ts";
import { askedKernel, type KernelQuestion, kernelFilter } from "./asked-kernel.ts";

/** Cost of a kernel whether it was measured or not. */
export function guessCost(
  costs: GuessedCosts,
  question: KernelQuestion,
): { readonly kernel: Kernel; readonly cost: CostAnswer } {
  const isMeasured = costs.families(kernelFilter(question, { widths: false })).length > 0;
  const kernel = isMeasured ? askedKernel(question, costs) : describedKernel(question, costs);
  return { kernel, cost: costs.cost(kernel) };
}

/** Operations whose window has to be said: no measured kernel stands for it. */
const windowed: ReadonlySet<string> = new Set(["conv2d", "depthwise_conv2d", "pool"]);

/** A kernel as the question alone describes it: 1 channel group, stride 1, "same" padding and a ReLU unless it says otherwise. */
function describedKernel(question: KernelQuestion, costs: Pick<GuessedCosts, "families">): Kernel {
  const { op, in: input, kernel, stride = 1, batch = 1, variant } = question;
  // Its words for a question without these.
  if (!op || !input) return askedKernel(question, costs);
  if (windowed.has(op) && kernel === undefined)
    throw new UserError(`No kernel was measured that tells the window of this ${op}`, {
      hint: "Add --kernel, and --stride where it is not 1.",
      exit: "usage",
    });
  const isDepthwise = op === "depthwise_conv2d";
  const usual = op === "pool" ? "max" : op.endsWith("conv2d") ? "relu" : "linear";
  return {
    op: op as KernelOp,
    batch,
    inHeight: input.height,
    inWidth: input.width,
    inChannels: input.channels,
    outChannels: isDepthwise ? input.channels : (question.out ?? input.channels),
    kernelSize: kernel ?? 1,
    stride,
    padding: "same",
    groups: isDepthwise ? input.channels : 1,
    variant: (variant as Kernel["variant"] | undefined) ?? usual,
    dtype: "float32",
  };
}
