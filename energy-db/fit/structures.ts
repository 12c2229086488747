import type { KernelOp } from "../../src/network/kernel.ts";
import { type FittedRows, fitCosts, type StructureOf } from "./cost-fit.ts";
import { type Structure, smooth, unpacked } from "./packing.ts";

const blocksKnown = [4, 8, 16, 32];

/**
 * Structures that runtimes have: none at all; both axes packed alike; one axis alone in blocks. Tiles of output channels that
 * read one input channel after the other, as those of XNNPACK, have no stairs along the input.
 */
const candidates: readonly [Structure, ...Structure[]] = [
  smooth,
  ...blocksKnown.flatMap((block) =>
    [1, 4, 8, 16]
      .filter((align) => align <= block)
      .map((align) => ({ in: { block, align }, out: { block, align } })),
  ),
  ...blocksKnown.flatMap((block) => [
    { in: unpacked, out: { block, align: 1 } },
    { in: { block, align: 1 }, out: unpacked },
  ]),
];

/** Packing must make the observations e^5 times likelier before it is believed: chance makes some of 25 look better. */
const smoothBelief = 5;
/** So must an alignment of an operation's own. */
const commonBelief = 5;

/** Structures by operation: what most share, and exceptions. */
export interface Structures {
  readonly common: Structure;
  of(op: KernelOp): Structure;
}

/**
 * The structures that make networks and node times most likely: one for all operations, then, operation by operation,
 * another alignment where that is clearly likelier. Some runtimes pool packed only whole blocks, but pack what they multiply.
 */
export function likeliestStructures(rows: FittedRows): Structures {
  const common = likeliest(candidates, (structure) => {
    const belief = structure === smooth ? smoothBelief : 0;
    return scoreOf(rows, () => structure) + belief;
  });
  const exceptions = new Map<KernelOp, Structure>();
  const of = (op: KernelOp) => exceptions.get(op) ?? common;
  for (const op of new Set(rows.kernels.map(({ kernel }) => kernel.op)))
    exceptions.set(
      op,
      likeliest([common, ...otherAlignments(common)], (structure) => {
        const score = scoreOf(rows, (_, other) => (other === op ? structure : of(other)));
        return score + (structure === common ? commonBelief : 0);
      }),
    );
  return { common, of };
}

function otherAlignments({ in: input, out: output }: Structure): readonly Structure[] {
  const narrowest = Math.min(input.block, output.block);
  const alignments = [1, ...blocksKnown].filter((align) => align <= narrowest);
  return alignments
    .filter((align) => align !== input.align)
    .map((align) => ({ in: { ...input, align }, out: { ...output, align } }));
}

function scoreOf(rows: FittedRows, structureOf: StructureOf): number {
  const fit = fitCosts(rows, structureOf);
  // Every coefficient that is not zero costs as much as half the logarithm of the observations (Schwarz 1978).
  const terms = fit.coefficients_us.filter((value) => value > 0).length;
  const observations = rows.networks.length + rows.kernels.length;
  return fit.logLikelihood - (terms / 2) * Math.log(Math.max(2, observations));
}

/** The first of those that score highest. */
function likeliest<T>(choices: readonly [T, ...T[]], score: (choice: T) => number): T {
  const scored = choices.map((choice) => ({ choice, score: score(choice) }));
  const best = scored.reduce((most, next) => (next.score > most.score ? next : most));
  return best.choice;
}
