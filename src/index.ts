/** What every user of the library needs: networks, data, the engine, errors. The four folders have entries of their own. */
export { type Dataset, loadDataset, type Split, splitOff } from "./datasets/index.ts";
export { exitCodes, UserError } from "./errors.ts";
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
export type { Activation, Layer, LayerKind, Padding, Shape } from "./network/layer.ts";
export { type Network, placeLayers, withWidths } from "./network/network.ts";
export { formatNetwork, parseNetwork, readNetworkFile } from "./network/network-file.ts";
export { type Parameter, parametersOf, type Weights } from "./network/parameters.ts";
export { findPreset, type Preset, presets } from "./network/presets.ts";
export { type SearchStart, searchStart } from "./network/search-start.ts";
export { type WidthGroup, widthGroups } from "./network/width-groups.ts";
export * from "./onnx/index.ts";
export { type Random, seededRandom } from "./random.ts";
export * from "./tensor/index.ts";
