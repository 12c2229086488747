import { UserError } from "../../src/errors.ts";
import {
  type FilledBlock,
  type OperatorSpace,
  operatorParts,
} from "../../src/network/blocks/operator-space.ts";
import { networkMacs, networkParameters } from "../../src/network/costs.ts";
import { kernelsOf } from "../../src/network/kernel.ts";
import type { Budget, CostModel } from "../cost-model.ts";
import { type AdditiveQuantity, kernelQuantity } from "../quantities.ts";
import type { LayerOperator } from "./operator-space.ts";

/** What operators are compared by: energy where the budget limits that and no latency. */
export const comparedQuantity = ({ latency_s, energy_j }: Budget): "latency_s" | "energy_j" =>
  energy_j !== undefined && latency_s === undefined ? "energy_j" : "latency_s";

/**
 * Every operator of every block, with what it costs there. Throws one UserError that names the operators whose cost is not
 * known.
 */
export function operatorCosts(
  space: OperatorSpace,
  { costs, budget }: { readonly costs: CostModel; readonly budget: Budget },
): readonly (readonly LayerOperator[])[] {
  const quantity = comparedQuantity(budget);
  const missing: { readonly part: FilledBlock; readonly cause: UserError }[] = [];
  const pools = operatorParts(space).map((parts) =>
    parts.flatMap((part): LayerOperator[] => {
      const cost = knownCost(part, quantity, costs);
      if (cost instanceof UserError) {
        missing.push({ part, cause: cost });
        return [];
      }
      const { network, operator } = part;
      return [
        { name: operator, macs: networkMacs(network), params: networkParameters(network), cost },
      ];
    }),
  );
  if (missing.length > 0) throw unknownOperators(space, costs, missing);
  return pools;
}

function knownCost(
  { network }: FilledBlock,
  quantity: AdditiveQuantity,
  costs: CostModel,
): number | UserError {
  try {
    return partCost(network, quantity, costs);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Sum over the kernels of a part of a network. */
export const partCost = (
  network: FilledBlock["network"],
  quantity: AdditiveQuantity,
  costs: CostModel,
): number =>
  kernelsOf(network).reduce((sum, { kernel }) => sum + kernelQuantity(quantity, kernel, costs), 0);

function unknownOperators(
  space: OperatorSpace,
  costs: CostModel,
  missing: readonly { readonly part: FilledBlock; readonly cause: UserError }[],
): UserError {
  const shown = missing.slice(0, 3).map(({ part }) => part.network.name);
  const more = missing.length > shown.length ? ` and ${missing.length - shown.length} more` : "";
  return new UserError(
    `${costs.source} does not know what these operators of ${space.name} cost: ${shown.join(", ")}${more}`,
    {
      hint: `Measure them: wattsplit profile --net ${space.name} --db FILE`,
      exit: "unavailable",
      cause: missing[0]?.cause,
    },
  );
}
