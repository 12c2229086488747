/** What every user of the library needs: networks, data, the engine, errors. The four folders have entries of their own. */
export {
  type Augmentation,
  type Dataset,
  type ImageShape,
  loadDataset,
  type Normalisation,
  type Split,
  splitOff,
  type Text,
} from "./datasets/index.ts";
export { exitCodes, UserError } from "./errors.ts";
export type { BlockOperator, BlockPlace } from "./network/blocks/block.ts";
export type { OperatorSpace, Path, SearchableBlock } from "./network/blocks/operator-space.ts";
export type {
  CellStack,
  CellStage,
  ConvolutionalCell,
} from "./network/cells/convolutional-cell.ts";
export type { CellsOfNetwork } from "./network/cells/read-cells.ts";
export type { RecurrentCell } from "./network/cells/recurrent-cell.ts";
export type { Edge, Wiring } from "./network/cells/wiring.ts";
export { kernelMacs, networkMacs, networkParameters } from "./network/costs.ts";
export { exportNetwork } from "./network/export.ts";
export { initialWeights } from "./network/initial-weights.ts";
export {
  type Kernel,
  type KernelOp,
  kernelFamily,
  kernelKey,
  kernelsOf,
  type LayerKernel,
} from "./network/kernel.ts";
export {
  type Activation,
  type AddLayer,
  activations,
  type ChannelShuffleLayer,
  type ChannelSliceLayer,
  type ConcatLayer,
  type Conv2dLayer,
  type DenseLayer,
  type DepthwiseConv2dLayer,
  type GlobalPoolLayer,
  type Layer,
  type LayerKind,
  type LayerOf,
  type LayersByKind,
  type MultiplyLayer,
  type Padding,
  type PoolLayer,
  type PropagateLayer,
  type Shape,
} from "./network/layer.ts";
export { type Network, type PlacedLayer, placeLayers, withWidths } from "./network/network.ts";
export { formatNetwork, parseNetwork, readNetworkFile } from "./network/network-file.ts";
export {
  type Parameter,
  type ParameterRole,
  parametersOf,
  type Weights,
} from "./network/parameters.ts";
export type { PresetOptions } from "./network/presets/building.ts";
export { findPreset, type Preset, presets } from "./network/presets.ts";
export { type SearchStart, searchStart } from "./network/search-start.ts";
export { type WidthGroup, widthGroups } from "./network/width-groups.ts";
export type { Work } from "./network/work.ts";
export * from "./onnx/index.ts";
export type { OnProgress, Progress } from "./progress.ts";
export { type Random, seededRandom } from "./random.ts";
export * from "./tensor/index.ts";
export type { LayerKfacOptions } from "./training/kfac/kfac.ts";
export type { MaskName, TextBatch } from "./training/language/language-model.ts";
export type {
  LanguagePoint,
  LanguageRun,
  LanguageScores,
  RandomLengths,
  WeightMean,
} from "./training/language/language-trainer.ts";
export type { Optimizer, Update, UpdateState } from "./training/optimizers.ts";
export type { EpochOptions, EpochProgress, Evaluation, Score } from "./training/passes.ts";
export type { Schedule } from "./training/schedule.ts";
export type { Penalty } from "./training/train-step.ts";
export { Trainer, type TrainerOptions } from "./training/trainer.ts";
export type { TrainingState } from "./training/training-state.ts";
