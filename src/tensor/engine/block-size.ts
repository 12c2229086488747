import * as ort from "onnxruntime-node";
import { encodeModel } from "../../onnx/encode.ts";

let probed: Promise<number | undefined> | undefined;

/**
 * Channels per block of ONNX Runtime's blocked convolutions on this machine: 8, 16, or undefined where the
 * library has none (linux-arm64, WebAssembly). Asked of the library once per process.
 */
export const probeBlockSize = (): Promise<number | undefined> => {
  probed ??= probe();
  return probed;
};

async function probe(): Promise<number | undefined> {
  // Four channels are filled up to one whole block.
  const shape = [1, 4, 1, 1];
  const model = encodeModel({
    name: "block-size",
    inputs: [{ name: "x", type: "float32", shape }],
    outputs: [{ name: "y", type: "float32", shape: [1, -1, 1, 1] }],
    initializers: [],
    nodes: [
      { name: "reorder", op: "com.microsoft.nchwc.ReorderInput", inputs: ["x"], outputs: ["y"] },
    ],
  });
  const session = await create(model);
  if (!session) return undefined;
  const results = await session.run({ x: new ort.Tensor("float32", new Float32Array(4), shape) });
  await session.release();
  const block = results.y?.dims[1];
  return block === 8 || block === 16 ? block : undefined;
}

/** A session, or undefined where the operator is not known. */
async function create(model: Uint8Array): Promise<ort.InferenceSession | undefined> {
  try {
    return await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
  } catch {
    return undefined;
  }
}
