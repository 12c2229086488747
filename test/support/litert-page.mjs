import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";

/** The page of litert.ts: loads the reader once, and runs what it is given. JavaScript, as the reader's types bring the DOM's. */

const ready = loadLiteRt("/wasm/");
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Outputs of a model (base64) for one float32 input (base64) of this shape. */
async function runModel(model, input, shape) {
  await ready;
  const compiled = await loadAndCompile(bytes(model), { accelerator: "wasm" });
  const tensor = new Tensor(new Float32Array(bytes(input).buffer), shape);
  const [output] = await compiled.run([tensor]);
  if (!output) throw new Error("The model has no output");
  const values = Array.from(output.toTypedArray());
  for (const used of [tensor, output, compiled]) used.delete();
  return values;
}

Object.assign(globalThis, { runModel });
