import { unknownName } from "../../errors.ts";
import type { BlockOperator } from "./block.ts";
import { invertedResidual } from "./inverted-residual.ts";
import { separable } from "./separable.ts";
import { choice, choiceX } from "./shuffle-unit.ts";

const kernelSizes = [3, 5, 7];
const expansions = [1, 3, 6];
const variants = [false, true].flatMap((squeezes) =>
  kernelSizes.map((kernelSize) => ({ kernelSize, squeezes })),
);

/**
 * Every block operator: four families by kernel size, expansion and squeeze-and-excitation, 32 in all. HURRICANE (Zhang et al. 2020) draws on
 * these families; how many operators it has is not certain.
 */
export const blockOperators: readonly BlockOperator[] = [
  ...variants.map(separable),
  ...expansions.flatMap((expansion) =>
    variants.map((variant) => invertedResidual({ ...variant, expansion })),
  ),
  ...variants.map(choice),
  ...[false, true].map((squeezes) => choiceX({ squeezes })),
];

/** The operator called `name`; throws a UserError that lists the known ones. */
export function findOperator(name: string): BlockOperator {
  const found = blockOperators.find((operator) => operator.name === name);
  if (found) return found;
  throw unknownName(
    "block operator",
    name,
    blockOperators.map((operator) => operator.name),
  );
}
