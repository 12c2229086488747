export {
  type Augmentation,
  type Batch,
  type BatchOptions,
  batchCount,
  batches,
} from "./batches.ts";
export type { FetchProgress } from "./cifar10-fetch.ts";
export {
  type Dataset,
  type ImageShape,
  type Normalisation,
  pick,
  type Split,
  splitOff,
} from "./dataset.ts";
export { fetchDataset } from "./fetch.ts";
export {
  type Graph,
  type GraphSplit,
  graphSplits,
  isGraphName,
  loadGraph,
  parseGraph,
  withSplit,
} from "./graph.ts";
export { kwsFolds } from "./kws12.ts";
export { datasetClasses, datasetNames, datasetsFolder, loadDataset } from "./registry.ts";
export { beginningOf, loadText, type Text, type TextLengths, textPrefix } from "./text.ts";
