import type { CostAnswer, LikeCosts } from "../../../energy-db/index.ts";
import type { Kernel } from "../../network/kernel.ts";
import { askedKernel, type KernelQuestion } from "./asked-kernel.ts";

/** Cost of a kernel on a platform of which little is measured, and what it was predicted from. */
export interface LikeCost {
  readonly kernel: Kernel;
  readonly cost: CostAnswer;
  readonly like: {
    readonly probes: number;
    readonly platforms: LikeCosts["likenesses"];
    readonly judged?: LikeCosts["judged"];
  };
  readonly source: string;
}

/** Platforms that count for less are not named. */
const namedShare = 0.005;

export function likeCost(costs: LikeCosts, question: KernelQuestion): LikeCost {
  const kernel = askedKernel(question, costs);
  const { probes, likenesses, judged, source } = costs;
  return {
    kernel,
    cost: costs.cost(kernel),
    like: {
      probes,
      platforms: likenesses.filter(({ share }) => share >= namedShare),
      ...(judged ? { judged } : {}),
    },
    source,
  };
}
