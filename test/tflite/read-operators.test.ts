import { expect, test } from "vitest";
import { exportTflite } from "../../src/network/export-tflite.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { presets } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { encodeTflite, readOperators } from "../../src/tflite/index.ts";

test.each(Object.entries(presets))("reads the operators that were written: %s", (_, preset) => {
  const network = preset.build({ multiplier: 0.125 });
  const graph = exportTflite(network, randomWeights(network, seededRandom(1)));
  const tensorOf = (name: string) => {
    const tensor = graph.tensors.find((candidate) => candidate.name === name);
    return { name, type: tensor?.type, shape: tensor?.shape };
  };

  expect(readOperators(encodeTflite(graph))).toEqual(
    graph.nodes.map(({ op, inputs, output }) => ({
      op,
      inputs: inputs.map(tensorOf),
      output: tensorOf(output),
    })),
  );
});

test("says what is no model", () => {
  expect(() => readOperators(new Uint8Array(64))).toThrow(/no TFLite model/);
});
