import { mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import { encodeModel, type OnnxGraph, parseOutline, readOutline } from "../../src/onnx/index.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-outline-"));
const graph: OnnxGraph = {
  name: "two",
  inputs: [{ name: "x", type: "float32", shape: [-1, 3] }],
  outputs: [{ name: "y", type: "float32", shape: [1, 3] }],
  initializers: [
    { name: "w", type: "float32", shape: [1000, 7], data: new Float32Array(7000) },
    { name: "axes", type: "int64", shape: [2], data: BigInt64Array.of(-1n, 5n) },
  ],
  nodes: [
    { name: "b", op: "Relu", inputs: ["h"], outputs: ["y"] },
    {
      name: "a",
      op: "Clip",
      inputs: ["x", "", "axes"],
      outputs: ["h"],
      attributes: { pads: { ints: [0, 1] }, alpha: { float: 0.5 }, mode: { string: "edge" } },
    },
  ],
};
const complaint = (changed: Partial<OnnxGraph>): string => {
  try {
    parseOutline(encodeModel({ ...graph, ...changed }), "m.onnx");
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  return "nothing";
};

test("an outline has nodes in order, attributes, and the numbers of small constants only", () => {
  const outline = parseOutline(encodeModel(graph), "m.onnx");

  expect(outline.nodes.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(Object.fromEntries(outline.nodes[0]?.attributes ?? [])).toEqual({
    pads: [0, 1],
    alpha: 0.5,
    mode: "edge",
  });
  expect(outline.constants).toEqual([
    { name: "w", type: "float32", shape: [1000, 7] },
    { name: "axes", type: "int64", shape: [2], values: [-1, 5] },
  ]);
  expect(outline.inputs).toEqual([{ name: "x", type: "float32", shape: [-1, 3] }]);
});

describe("refused in one sentence", () => {
  const node = (name: string, input: string, output: string) => ({
    ...{ name, op: "Relu", inputs: [input], outputs: [output] },
  });

  test("a cycle", () => {
    expect(complaint({ nodes: [node("a", "q", "p"), node("b", "p", "q")] })).toContain("cycle");
  });

  test("a value given twice, and one that nothing gives", () => {
    expect(complaint({ nodes: [node("a", "x", "p"), node("b", "x", "p")] })).toContain("twice");
    expect(complaint({ nodes: [node("a", "nowhere", "p")] })).toContain("nothing gives");
  });

  test("text, a folder, and a file that ends too early", () => {
    const text = join(folder, "text.onnx");
    writeFileSync(text, "this is no model");
    const short = join(folder, "short.onnx");
    writeFileSync(short, encodeModel(graph).subarray(0, 200));

    for (const path of [text, folder, short, join(folder, "none.onnx")])
      expect(() => readOutline(path)).toThrow(UserError);
  });

  test("more than 2 GiB, without reading them", () => {
    const path = join(folder, "large.onnx");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 31 + 1);

    expect(() => readOutline(path)).toThrow(/larger than 2 GiB/);
  });

  test("a structure of millions of empty fields", () => {
    // ModelProto.graph, then GraphProto.node of length 0, over and over.
    const nodes = new Uint8Array(5_000_000).map((_, i) => (i % 2 === 0 ? 0x0a : 0));
    const length = [0xc0, 0x96, 0xb1, 0x02];
    const bytes = Uint8Array.from([0x08, 8, 0x3a, ...length, ...nodes]);

    expect(() => parseOutline(bytes, "m.onnx")).toThrow(/more than 2097152 fields/);
  });
});
