import { loadGraphModelSync } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import { decodeGraphModel } from "../../src/tflite/index.ts";
import type { Clock } from "../clock.ts";
import type { LoadedModel } from "../runtime.ts";
import type { ScriptModel } from "../script.ts";
import { fixedInputs } from "./fixed-input.ts";
import { timedRunsWithTurns } from "./timed.ts";

/** Makes a backend of tfjs that is registered the one that computes; false where it does not start. */
export async function startBackend(name: string): Promise<boolean> {
  // Else every result is looked through for what is no number.
  tf.env().set("PROD", true);
  return (await tf.setBackend(name).catch(() => false)) && tf.getBackend() === name;
}

/**
 * Loads a graph model into the backend that computes, in Node as in pages. An inference brings the input in and the output out,
 * as a program does that uses it.
 */
export function loadTfjsModel({ bytes, inputs }: ScriptModel, clock: Clock): LoadedModel {
  const graph = loadGraphModelSync(tf.io.fromMemorySync(decodeGraphModel(bytes)));
  const shape = [...(inputs[0]?.shape ?? [])];
  const answer = async (values: Float32Array): Promise<Float32Array> => {
    const input = tf.tensor(values, shape, "float32");
    const output = graph.execute(input) as tf.Tensor;
    try {
      return (await output.data()) as Float32Array;
    } finally {
      tf.dispose([input, output]);
    }
  };
  const values = fixedInputs()(shape);
  return {
    run: timedRunsWithTurns(() => answer(values), clock),
    answer,
    close: async () => graph.dispose(),
  };
}
