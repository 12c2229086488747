export {
  type Augmentation,
  type Batch,
  type BatchOptions,
  batchCount,
  batches,
} from "./batches.ts";
export {
  type Dataset,
  type ImageShape,
  type Normalisation,
  pick,
  type Split,
  splitOff,
} from "./dataset.ts";
export { datasetNames, datasetsFolder, loadDataset } from "./registry.ts";
