import {
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
  onnxIrVersion,
  onnxOpset,
} from "./graph.ts";
import { attributeTypes, elementTypes, modelType } from "./schema.ts";

/** The bytes of an ONNX model holding `graph`: opset 17, IR version 8, tensors as raw little-endian data. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const message = modelType.create({
    irVersion: onnxIrVersion,
    producerName: "wattsplit",
    opsetImport: opsetsOf(graph),
    metadataProps: Object.entries(graph.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeMessage),
      initializer: graph.initializers.map(tensorMessage),
      input: graph.inputs.map(valueMessage),
      output: graph.outputs.map(valueMessage),
    },
  });
  return modelType.encode(message).finish();
}

/** A domain other than ONNX's own stands before the operator's name: `com.microsoft.QuickGelu`. */
function splitOp(op: string): { opType: string; domain: string } {
  const dot = op.lastIndexOf(".");
  return { opType: op.slice(dot + 1), domain: dot < 0 ? "" : op.slice(0, dot) };
}

function opsetsOf(graph: OnnxGraph): { domain: string; version: number }[] {
  const domains = new Set(graph.nodes.map(({ op }) => splitOp(op).domain));
  domains.delete("");
  return [
    { domain: "", version: onnxOpset },
    ...[...domains].map((domain) => ({ domain, version: 1 })),
  ];
}

const nodeMessage = (node: OnnxNode) => ({
  name: node.name,
  ...splitOp(node.op),
  input: node.inputs,
  output: node.outputs,
  attribute: Object.entries(node.attributes ?? {}).map(([name, attribute]) => ({
    name,
    ...attributeFields(attribute),
  })),
});

function attributeFields(attribute: OnnxAttribute): Record<string, unknown> {
  if ("int" in attribute) return { type: attributeTypes.int, i: attribute.int };
  if ("float" in attribute) return { type: attributeTypes.float, f: attribute.float };
  if ("string" in attribute)
    return { type: attributeTypes.string, s: new TextEncoder().encode(attribute.string) };
  if ("ints" in attribute) return { type: attributeTypes.ints, ints: attribute.ints };
  if ("floats" in attribute) return { type: attributeTypes.floats, floats: attribute.floats };
  return { type: attributeTypes.tensor, t: tensorMessage(attribute.tensor) };
}

const tensorMessage = ({ name, type, shape, data }: OnnxTensor) => ({
  name,
  dataType: elementTypes[type],
  dims: shape,
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

const valueMessage = ({ name, type, shape }: OnnxValue) => ({
  name,
  type: {
    tensorType: {
      elemType: elementTypes[type],
      shape: {
        dim: shape.map((size, axis) =>
          size < 0 ? { dimParam: `${name}_${axis}` } : { dimValue: size },
        ),
      },
    },
  },
});
