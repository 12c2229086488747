import type { OnnxGraph } from "../../onnx/graph.ts";
import { inScope, withTfjsBackend } from "../scope.ts";
import { tf } from "../tfjs.ts";
import type { TensorFunction, TensorSpec } from "../types.ts";
import { tracingBackend, tracingBackendName } from "./backend.ts";
import { GraphBuilder, type GraphTarget } from "./graph-builder.ts";

/**
 * The ONNX graph of `fn` for inputs of the given shapes; its outputs stand in the order of fn's results.
 * An output keeps the name fn gives it unless an input has that name. Throws a UserError for an operation without a rule.
 */
export function traceGraph(
  name: string,
  fn: TensorFunction,
  inputs: Readonly<Record<string, TensorSpec>>,
  target?: GraphTarget,
): OnnxGraph {
  const backend = tracingBackend();
  const builder = new GraphBuilder(target);
  const record = (): Record<string, tf.Tensor> => {
    const tensors = Object.entries(inputs).map(([key, { shape, dtype }]) => {
      const info = backend.track(builder.input(key, shape, dtype));
      return [key, tf.engine().makeTensorFromTensorInfo(info)] as const;
    });
    return fn(Object.fromEntries(tensors));
  };
  const finish = (results: Record<string, tf.Tensor>): OnnxGraph => {
    const traced = Object.entries(results).map(([key, tensor]) => [key, backend.traced(tensor)]);
    return builder.finish(name, Object.fromEntries(traced));
  };
  return withTfjsBackend(tracingBackendName, () =>
    backend.record(builder, () => inScope(name, record, finish)),
  );
}
