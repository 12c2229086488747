import type { Recipe, SearchData } from "../../../search/index.ts";
import { datasetClasses } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import { type SearchStart, searchStart } from "../../network/search-start.ts";
import type { OnProgress } from "../../progress.ts";
import type { ImageWork } from "../workers/messages.ts";
import { graphData, graphNet, graphRecipe, graphStart, namedGraph } from "./graph-search.ts";
import { searchData } from "./search-run.ts";

/** What the command line says of a search's network and data. */
export interface SearchInputFlags {
  readonly net?: string;
  readonly data: string;
  readonly seed: number;
  readonly workers?: number;
}

/** Where a search starts, what it trains on, and how. */
export interface SearchInput {
  readonly wanted: SearchStart;
  readonly recipe: Recipe;
  /** Loads it. */
  data(onProgress: OnProgress): Promise<SearchData>;
  /** Of worker processes; absent where they cannot load the data. */
  readonly work: ImageWork | undefined;
}

/** Of `--net` and `--data`. Throws a UserError where they do not go together. */
export async function searchInput(flags: SearchInputFlags, recipe: Recipe): Promise<SearchInput> {
  const { net, data, seed, workers } = flags;
  if (net === undefined)
    throw new UserError("No network given", {
      hint: "Give --net, a preset or a network.json: wattsplit help search.",
      exit: "usage",
    });
  if (net !== graphNet) {
    const wanted = searchStart(net, { classes: datasetClasses(data) });
    const { input } = wanted.network;
    return {
      ...{ wanted, recipe },
      data: (onProgress) => searchData(data, input, seed, onProgress),
      work: { kind: "images", data, input, dataSeed: seed },
    };
  }
  if (workers !== undefined)
    throw new UserError(`--workers does not go with --net ${graphNet}`, {
      hint: "Leave it out: a graph's networks train in seconds.",
      exit: "usage",
    });
  const graph = await namedGraph(data);
  return {
    wanted: graphStart(graph),
    recipe: graphRecipe(recipe),
    data: () => Promise.resolve(graphData(graph, data)),
    work: undefined,
  };
}
