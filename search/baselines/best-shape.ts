import { fromScratch } from "../from-scratch.ts";
import { sameWidths } from "../group-widths.ts";
import { bestOf, comparison } from "../growth/compare.ts";
import { shapesKind } from "../lineage.ts";
import type { Candidate, Move, SearchContext, SearchMethod, SearchPoint } from "../method.ts";
import type { Allocation } from "./allocations.ts";
import { fitShape } from "./fit-shape.ts";

export interface ShapeRule {
  readonly name: string;
  readonly summary: string;
  shapes(context: SearchContext): readonly Pick<Allocation, "label" | "weights">[];
}

/** Trains networks of given shapes from scratch for a while and delivers the best on held-out data; a single one at once. */
export const bestShape = ({ name, summary, shapes }: ShapeRule): SearchMethod => ({
  name,
  summary,
  next: (point, context) =>
    Promise.resolve(
      point.trained.length === 0 ? compare(shapes(context), context) : deliver(point),
    ),
});

function compare(
  shapes: readonly Pick<Allocation, "label" | "weights">[],
  context: SearchContext,
): Move {
  const fitted = shapes.map(({ label, weights }): Candidate => {
    const network = fitShape(context, weights(context.reference));
    return {
      label,
      network,
      training: fromScratch(network, context, 0),
      epochs: context.recipe.finalistEpochs,
      rate: "anneal",
    };
  });
  const candidates = fitted.filter(
    ({ network }, i) => !fitted.slice(0, i).some((earlier) => sameWidths(earlier.network, network)),
  );
  const [only] = candidates;
  if (only && candidates.length === 1)
    return { deliver: { network: only.network }, ended: `${only.label} is the only shape` };
  return { kind: shapesKind, candidates, outlook: { candidates: 0, epochs: 0 } };
}

function deliver({ trained }: SearchPoint): Move {
  const keep = bestOf(trained);
  const best = trained[keep];
  const rivals = trained.filter((candidate) => candidate !== best);
  const rival = rivals[bestOf(rivals)];
  if (!best || !rival) throw new Error("There are no shapes to choose from");
  return { keep, deliver: { network: best.network }, ended: comparison(best, rival) };
}
