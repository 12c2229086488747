import type { Recipe, SearchData } from "../../../search/index.ts";
import { type Graph, loadGraph } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import { graphNetwork } from "../../network/presets/gcn.ts";
import type { SearchStart } from "../../network/search-start.ts";
import { graphExamples } from "../../training/graph/graph-examples.ts";

/** `--net` of networks whose layers propagate along the graph that `--data` names. */
export const graphNet = "gcn";

/** Hidden units: where growth starts, Kipf and Welling's, and the most. */
const hiddenUnits = { seed: 4, reference: 16, cap: 64 };

/** Loads the graph of `--net gcn`; a UserError where none was named. */
export async function namedGraph(data: string | undefined): Promise<Graph> {
  if (data !== undefined) return await loadGraph(data);
  throw new UserError(`--net ${graphNet} needs a graph`, {
    hint: "Name it: --data cora:FOLDER (docs/graphs.md).",
    exit: "usage",
  });
}

/** Where growth of a graph's network starts, and how wide it may become; its space is `gcn-GRAPH`. */
export function graphStart(graph: Graph): SearchStart {
  const space = `${graphNet}-${graph.name}`;
  const build = (hidden: number) => graphNetwork({ ...graph, name: space, hidden });
  return {
    space,
    network: build(hiddenUnits.seed),
    reference: build(hiddenUnits.reference),
    caps: new Map([["hidden", hiddenUnits.cap]]),
  };
}

/** Steps of an epoch; examples that the held-out nodes are dealt out to. */
const examples = { steps: 25, parts: 4 };

export const graphData = (graph: Graph, name: string): SearchData => ({
  name,
  ...graphExamples(graph, examples),
});

/**
 * The recipe where every example is the whole graph: steps of one example, all epochs whole, and a stronger decay, since labels are
 * few (on Cora's held-out nodes 0.005 gave less loss than 0.0005 and 0.02). Throws a UserError for K-FAC.
 */
export function graphRecipe({ epochExamples: _, ...recipe }: Recipe): Recipe {
  if (recipe.optimizer === "kfac")
    throw new UserError(`--optimizer kfac does not go with search --net ${graphNet}`, {
      hint: "Leave it out; train --net gcn --optimizer sgd-kfac has natural gradients.",
      exit: "usage",
    });
  const { parts: heldOutExamples } = examples;
  return { ...recipe, batch: 1, directionExamples: 1, heldOutExamples, weightDecay: 5e-3 };
}
