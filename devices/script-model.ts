import { exportNetwork, networkOutput } from "../src/network/export.ts";
import { quantizedGraph } from "../src/network/export-qdq.ts";
import { exportTflite } from "../src/network/export-tflite.ts";
import { type Network, networkInput } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import { encodeModel, type OnnxGraph } from "../src/onnx/index.ts";
import { seededRandom } from "../src/random.ts";
import { encodeGraphModel, encodeTflite, graphModel, quantized } from "../src/tflite/index.ts";
import { activationRanges } from "./activation-ranges.ts";
import type { Precision } from "./identity.ts";
import type { ModelFormat, ScriptModel } from "./script.ts";

/** What a runtime wants of the networks that it is given. */
export interface ModelKind {
  readonly format: ModelFormat;
  readonly precision: Precision;
}

/** A network as a script carries it, in the format and precision that its runtime wants. */
export async function modelOfKind(
  { format, precision }: ModelKind,
  name: string,
  network: Network,
  weights: Weights,
  batch: number,
): Promise<ScriptModel> {
  if (format === "onnx") return scriptModel(name, network, weights, batch, precision);
  const { height, width, channels } = network.input;
  const graph = exportTflite(network, weights, { batch });
  const bytes =
    format === "tfjs"
      ? encodeGraphModel(graphModel(graph))
      : encodeTflite(
          precision === "int8"
            ? quantized(graph, await activationRanges(network, weights, noise(network)))
            : graph,
        );
  return {
    name,
    bytes,
    inputs: [{ name: networkInput, shape: [batch, height, width, channels] }],
    layers: network.layers.map((layer) => layer.name),
    precision,
  };
}

const noiseSeed = 5;
const noiseImages = 4;

/** What is measured takes as long whatever the images are. */
function noise({ input: { height, width, channels } }: Network): Float32Array {
  const random = seededRandom(noiseSeed);
  const size = noiseImages * height * width * channels;
  return Float32Array.from({ length: size }, () => random.normal());
}

/** The same in ONNX; its layers travel along as metadata, so that an agent can say what it runs. */
export function scriptModel(
  name: string,
  network: Network,
  weights: Weights,
  batch: number,
  precision: Precision = "float32",
): ScriptModel {
  const graph = exportNetwork(network, weights, { batch });
  return {
    ...modelFrom(
      name,
      {
        ...(precision === "int8" ? quantizedGraph(graph) : graph),
        metadata: { network: JSON.stringify(network), batch: String(batch) },
      },
      network.layers.map((layer) => layer.name),
    ),
    ...(precision === "float32" ? {} : { precision }),
  };
}

/**
 * A model whose nodes compute nothing, each with an input and an output of its own so that no optimiser merges them:
 * its node times show what the node profiler adds to a node, wherever in the log it stands.
 */
export function emptyNodesModel(nodes: number): ScriptModel {
  const graph: OnnxGraph = {
    name: "empty nodes",
    inputs: [...Array(nodes).keys()].map((i) => value(`${networkInput}/${i}`, [1, 2, 2])),
    outputs: [...Array(nodes).keys()].map((i) => value(`${networkOutput}/${i}`, [1, 4])),
    initializers: [],
    nodes: [...Array(nodes).keys()].map((i) => ({
      name: `${networkOutput}/empty${i}`,
      op: "Flatten",
      inputs: [`${networkInput}/${i}`],
      outputs: [`${networkOutput}/${i}`],
      attributes: { axis: { int: 1 } },
    })),
  };
  return modelFrom("empty nodes", graph, []);
}

const value = (name: string, shape: readonly number[]) => ({
  name,
  type: "float32" as const,
  shape,
});

const modelFrom = (name: string, graph: OnnxGraph, layers: readonly string[]): ScriptModel => ({
  name,
  bytes: encodeModel(graph),
  inputs: graph.inputs.map((input) => ({ name: input.name, shape: input.shape })),
  layers,
});
