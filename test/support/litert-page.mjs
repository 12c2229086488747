import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";

/** The page of litert.ts: loads the reader once, and runs what it is given. JavaScript, as the reader's types bring the DOM's. */

const ready = loadLiteRt("/wasm/");
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Outputs of a model (base64) for float32 inputs (base64) of this shape, as many as there are, one after the other. */
async function runModel(model, inputs, shape) {
  await ready;
  const compiled = await loadAndCompile(bytes(model), { accelerator: "wasm" });
  const values = new Float32Array(bytes(inputs).buffer);
  const size = shape.reduce((product, length) => product * length, 1);
  const outputs = [];
  for (let start = 0; start < values.length; start += size) {
    const tensor = new Tensor(values.slice(start, start + size), shape);
    const [output] = await compiled.run([tensor]);
    if (!output) throw new Error("The model has no output");
    outputs.push(...output.toTypedArray());
    for (const used of [tensor, output]) used.delete();
  }
  compiled.delete();
  return outputs;
}

Object.assign(globalThis, { runModel });
