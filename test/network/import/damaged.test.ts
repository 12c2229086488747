import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { stepsOf } from "../../../src/network/import/index.ts";
import { encodeModel, type OnnxGraph, parseOutline } from "../../../src/onnx/index.ts";
import { modelType } from "../../../src/onnx/schema.ts";
import { seededRandom } from "../../../src/random.ts";
import { damaged } from "../../energy-db/formats/damage.ts";
import { damagedModel } from "../../support/damaged-model.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const models = readdirSync(fixtures)
  .filter((name) => name.endsWith(".onnx"))
  .map((name) => [name, new Uint8Array(readFileSync(join(fixtures, name)))] as const);

/** Reads what can be read: then its work is some number of operations and bytes. Errors that are no sentence go on. */
function readOrRefused(bytes: Uint8Array): void {
  try {
    for (const { work } of stepsOf(parseOutline(bytes, "damaged"), "damaged").steps)
      for (const amount of [work.macs, work.movedBytes, work.weightBytes]) {
        expect(amount).toBeGreaterThanOrEqual(0);
        expect(amount).toBeLessThan(Number.POSITIVE_INFINITY);
      }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

describe.each(models)("%s damaged is refused or read, and never anything else", (_, whole) => {
  test("in its bytes", () => {
    fc.assert(
      fc.property(damaged(whole), ({ bytes }) => readOrRefused(bytes)),
      { numRuns: 50 },
    );
  });

  test("in its graph", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => readOrRefused(damagedModel(whole, seededRandom(seed)))),
      { numRuns: 25 },
    );
  });
});

/** A convolution behind a reshaping, as exporters write a view. */
const viewed: OnnxGraph = {
  name: "viewed",
  inputs: [{ name: "x", type: "float32", shape: [1, 48] }],
  outputs: [{ name: "y", type: "float32", shape: [1, 8, 4, 4] }],
  initializers: [
    { name: "size", type: "int64", shape: [4], data: BigInt64Array.of(1n, 3n, 4n, 4n) },
    { name: "w", type: "float32", shape: [8, 3, 1, 1], data: new Float32Array(24) },
  ],
  nodes: [
    { name: "view", op: "Reshape", inputs: ["x", "size"], outputs: ["v"] },
    { name: "conv", op: "Conv", inputs: ["v", "w"], outputs: ["y"] },
  ],
};

/** The same file with the data of an initialiser in another file beside it. */
function withExternal(name: string): Uint8Array {
  const message = modelType.decode(encodeModel(viewed)) as unknown as {
    graph: { initializer: { name: string; rawData: Uint8Array; dataLocation: number }[] };
  };
  for (const tensor of message.graph.initializer)
    if (tensor.name === name) Object.assign(tensor, { rawData: new Uint8Array(), dataLocation: 1 });
  return modelType.encode(message as never).finish();
}

const stepsIn = (bytes: Uint8Array) => stepsOf(parseOutline(bytes, "m.onnx"), "m.onnx").steps;

test("weights in another file are not asked for, and what a shape needs from one is named", () => {
  expect(stepsIn(withExternal("w"))).toEqual(stepsIn(encodeModel(viewed)));
  expect(() => stepsIn(withExternal("size"))).toThrow(
    /the shape of node "view" \(Reshape\) cannot be told/,
  );
});

test("numbers about shapes that would fill memory are no longer followed", () => {
  const initializers = [
    ...viewed.initializers,
    { name: "row", type: "int64" as const, shape: [4096], data: new BigInt64Array(4096) },
    { name: "column", type: "int64" as const, shape: [4096, 1], data: new BigInt64Array(4096) },
  ];
  const doubled = Array.from({ length: 40 }, (_, i) => ({
    name: `double${i}`,
    op: "Concat",
    inputs: Array.from({ length: 64 }, () => (i === 0 ? "row" : `d${i - 1}`)),
    outputs: [`d${i}`],
    attributes: { axis: { int: 0 } },
  }));
  const products = Array.from({ length: 3 }, (_, i) => ({
    name: `product${i}`,
    op: "Mul",
    inputs: [i === 0 ? "row" : `p${i - 1}`, "column"],
    outputs: [`p${i}`],
  }));
  for (const nodes of [products, doubled.slice(0, 4)])
    expect(
      stepsIn(encodeModel({ ...viewed, initializers, nodes: [...viewed.nodes, ...nodes] })),
    ).toHaveLength(1);
  // What would be larger than any model is a file that lies.
  expect(() =>
    stepsIn(encodeModel({ ...viewed, initializers, nodes: [...viewed.nodes, ...doubled] })),
  ).toThrow(/would give a tensor/);
});
