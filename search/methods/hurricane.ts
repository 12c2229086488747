import { laterFirst, operatorSearch } from "../hurricane/hurricane-method.ts";
import { chooseOperators } from "../hurricane/operator-space.ts";

/**
 * HURRICANE (Zhang et al. 2020, arXiv 1910.11609): the few operators of every block with most capacity for their cost on the device, then
 * a supernet of them in two stages. How capacity and cost are weighed is ours: the paper's text could not be had.
 */
export const hurricane = operatorSearch({
  name: "hurricane",
  summary:
    "chooses block operators: few per block by what they cost, then a supernet in two stages",
  choose: (pools, space, { operatorScore: { perBlock = space.perBlock, ...weights } = {} }) =>
    chooseOperators(pools, { size: perBlock, ...weights, keepsCheapest: true }),
  stages: laterFirst,
});
