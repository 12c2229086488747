import { tf } from "../../tfjs.ts";
import { broadcastShape } from "../elementwise.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { axesOf, sizeAt } from "../layout.ts";
import { attrOf, inputOf, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";

const matMul: KernelRule = (call) => {
  const { builder } = call;
  const a = inputOf(call, "a");
  const b = inputOf(call, "b");
  const transposeA = attrOf<boolean | undefined>(call, "transposeA") ?? false;
  const transposeB = attrOf<boolean | undefined>(call, "transposeB") ?? false;
  const rank = a.shape.length;
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const rows = sizeAt(a.shape, transposeA ? rank - 1 : rank - 2);
  const columns = sizeAt(b.shape, transposeB ? b.shape.length - 2 : b.shape.length - 1);
  const shape = [...batch, rows, columns];
  const single = batch.every((length) => length === 1);
  const name = single
    ? singleProduct(builder, { a, b, transposeA, transposeB, shape })
    : builder.emit("MatMul", [turned(builder, a, transposeA), turned(builder, b, transposeB)]);
  return builder.value(name, shape, a.type);
};

/** One product of matrices: Gemm reads either operand transposed at no cost. */
function singleProduct(
  builder: GraphBuilder,
  product: {
    readonly a: Traced;
    readonly b: Traced;
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    readonly shape: readonly number[];
  },
): string {
  const [a, b] = [product.a, product.b].map((matrix) =>
    builder.read(builder.reshape(matrix, matrix.shape.slice(-2))),
  );
  const name = builder.emit("Gemm", [a ?? "", b ?? ""], {
    transA: { int: Number(product.transposeA) },
    transB: { int: Number(product.transposeB) },
  });
  return product.shape.length === 2 ? name : builder.reshapeValue(name, product.shape);
}

function turned(builder: GraphBuilder, x: Traced, transpose: boolean): string {
  if (!transpose) return builder.read(x);
  const axes = axesOf(x.shape.length);
  return builder.read(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()].join(""));
}

/** Rules of matrix products. */
export const matmulRules: KernelRules = { [tf.BatchMatMul]: matMul };
