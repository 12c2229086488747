import type { CostAnswer, LikeCosts } from "../../../energy-db/index.ts";
import type { Kernel } from "../../network/kernel.ts";
import { askedKernel, type KernelQuestion } from "./asked-kernel.ts";

/** What predictions for a platform of which little is measured rest on. */
export interface FoundLikeness {
  readonly probes: number;
  readonly platforms: LikeCosts["likenesses"];
  readonly judged?: LikeCosts["judged"];
}

/** Cost of a kernel on a platform of which little is measured, and what it was predicted from. */
export interface LikeCost {
  readonly kernel: Kernel;
  readonly cost: CostAnswer;
  readonly like: FoundLikeness;
  readonly source: string;
}

/** Platforms that count for less are not named. */
const namedShare = 0.005;

export const likenessOf = ({ probes, likenesses, judged }: LikeCosts): FoundLikeness => ({
  probes,
  platforms: likenesses.filter(({ share }) => share >= namedShare),
  ...(judged ? { judged } : {}),
});

export function likeCost(costs: LikeCosts, question: KernelQuestion): LikeCost {
  const kernel = askedKernel(question, costs);
  return { kernel, cost: costs.cost(kernel), like: likenessOf(costs), source: costs.source };
}
