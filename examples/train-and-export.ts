/**
 * Traces one function into an ONNX graph: model code is written once, in TensorFlow.js operations.
 * Run: node --import tsx --conditions=wattsplit-source examples/train-and-export.ts
 */
import {
  createEngine,
  encodeModel,
  exportNetwork,
  initialWeights,
  loadDataset,
  networkMacs,
  presets,
  seededRandom,
  splitOff,
} from "wattsplit";
import { recipes, trainUniform } from "wattsplit/search";

const reference = presets.plain3.build({ classes: 4, multiplier: 0.25 });
const network = { ...reference, input: { height: 8, width: 8, channels: 1 } };
console.log(`${network.name}: ${networkMacs(network)} multiply-accumulates`);

const { train, test } = await loadDataset("synthetic");
const { rest, heldOut } = splitOff(train, 0.25, seededRandom(0));
const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
const trained = await trainUniform(network, {
  engine,
  data: { name: "synthetic", train: rest, validation: heldOut, test },
  recipe: { ...recipes.quick, batch: 32 },
  epochs: 2,
  seed: 0,
  weights: initialWeights(network, seededRandom(0)),
});
await engine.close();

const model = encodeModel(exportNetwork(network, trained.weights));
console.log(
  `test accuracy ${(100 * trained.test.accuracy).toFixed(1)} %, ${model.length} bytes of ONNX`,
);
