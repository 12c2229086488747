import { requireWebGpu, softwareGraphics } from "../availability.ts";
import type { OpenRuntime } from "../open-runtime.ts";
import { tfjsRuntime } from "../tfjs.ts";

/** TensorFlow.js in WebGPU's shaders. */
export const runtimeOf = (): OpenRuntime => async (start, clock) => {
  const { info } = await requireWebGpu();
  const name = [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(" ");
  return {
    ...(await tfjsRuntime(start, clock)),
    mostThreads: 1,
    fallback: softwareGraphics(name),
  };
};
