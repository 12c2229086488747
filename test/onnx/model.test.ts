import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import { decodeModel, encodeModel, type OnnxGraph } from "../../src/onnx/index.ts";

const affine: OnnxGraph = {
  name: "affine",
  inputs: [{ name: "x", type: "float32", shape: [2, 3] }],
  outputs: [{ name: "y", type: "float32", shape: [2, 2] }],
  initializers: [
    { name: "w", type: "float32", shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: "axes", type: "int64", shape: [1], data: BigInt64Array.of(-9007199254740993n) },
    { name: "flags", type: "bool", shape: [2], data: Uint8Array.of(1, 0) },
    { name: "counts", type: "int32", shape: [2], data: Int32Array.of(-7, 7) },
  ],
  nodes: [
    {
      name: "product",
      op: "Gemm",
      inputs: ["x", "w", ""],
      outputs: ["p"],
      attributes: { alpha: { float: 0.5 }, transB: { int: 0 } },
    },
    {
      name: "out",
      op: "Transpose",
      inputs: ["p"],
      outputs: ["y"],
      attributes: { perm: { ints: [0, 1] } },
    },
  ],
  metadata: { note: "50 % of a product" },
};

describe("encodeModel and decodeModel", () => {
  test("a graph survives the way through bytes unchanged", () => {
    expect(decodeModel(encodeModel(affine))).toEqual(affine);
  });

  test("ONNX Runtime loads and runs an encoded model", async () => {
    const session = await ort.InferenceSession.create(encodeModel(affine));

    const { y } = await session.run({ x: new ort.Tensor("float32", [1, 0, 0, 0, 1, 1], [2, 3]) });

    expect(Array.from(y?.data as Float32Array)).toEqual([0.5, 1, 4, 5]);
    await session.release();
  });

  test("a free dimension is written with a name and read as -1", () => {
    const free = { ...affine, inputs: [{ name: "x", type: "float32" as const, shape: [-1, 3] }] };

    expect(decodeModel(encodeModel(free)).inputs[0]?.shape).toEqual([-1, 3]);
  });

  test("an operator of another domain keeps its domain", () => {
    const node = { name: "g", op: "com.microsoft.QuickGelu", inputs: ["x"], outputs: ["y"] };

    expect(decodeModel(encodeModel({ ...affine, nodes: [node] })).nodes).toEqual([node]);
  });

  test("a Constant node is read as an initialiser", () => {
    const value = { name: "", type: "float32" as const, shape: [2], data: Float32Array.of(3, 4) };
    const constant = {
      name: "c",
      op: "Constant",
      inputs: [],
      outputs: ["c"],
      attributes: { value: { tensor: value } },
    };

    const decoded = decodeModel(encodeModel({ ...affine, initializers: [], nodes: [constant] }));

    expect(decoded.nodes).toEqual([]);
    expect(decoded.initializers).toEqual([{ ...value, name: "c" }]);
  });

  test("every truncation of a model is either refused with a UserError or leaves whole values", () => {
    const bytes = encodeModel(affine);

    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        try {
          decodeModel(bytes.slice(0, length));
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { seed: 1 },
    );
    expect(() => decodeModel(bytes.slice(0, bytes.length / 2))).toThrow(UserError);
  });

  test("foreign bytes are refused with a UserError that says what was expected", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeModel(bytes)).toThrow(/expected an ONNX model/);
      }),
      { seed: 1 },
    );
    expect(() => decodeModel(new TextEncoder().encode("PK not a model"))).toThrow(UserError);
  });

  test.skipIf(!hasOnnxPython())("the reference checker of ONNX accepts an encoded model", () => {
    const folder = mkdtempSync(join(tmpdir(), "onnx-"));
    writeFileSync(join(folder, "m.onnx"), encodeModel(affine));

    const checked = execFileSync("/usr/bin/python3", [
      "-c",
      "import onnx,sys; m=onnx.load(sys.argv[1]); onnx.checker.check_model(m, full_check=True); print(m.ir_version, m.opset_import[0].version)",
      join(folder, "m.onnx"),
    ]);

    expect(checked.toString().trim()).toBe("8 17");
    rmSync(folder, { recursive: true });
  });
});

function hasOnnxPython(): boolean {
  try {
    execFileSync("/usr/bin/python3", ["-c", "import onnx"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write("skipped: /usr/bin/python3 has no onnx package\n");
    return false;
  }
}
