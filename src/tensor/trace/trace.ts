import { inScope, withTfjsBackend } from "../scope.ts";
import { tf } from "../tfjs.ts";
import type { TensorFunction, TensorSpec, TensorState } from "../types.ts";
import { tracingBackend, tracingBackendName } from "./backend.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { packState } from "./packing.ts";
import type { GraphTarget } from "./target.ts";
import type { TracedGraph } from "./traced-graph.ts";

export interface TraceOptions {
  readonly target?: GraphTarget;
  readonly state?: TensorState | undefined;
  readonly handedOn?: readonly string[] | undefined;
}

/**
 * The ONNX graph of `fn` for inputs of the given shapes; its outputs stand in the order of fn's results.
 * An output keeps the name fn gives it unless an input has that name. The inputs that `state` names may be given, and
 * outputs of the same name left, in another layout, each in that of the input it is said to follow, and the inputs and outputs
 * that are handed on are given and left in that of images: the graph's `layouts` tell. Small state that moves alike is packed: `packs`. Throws a UserError for an operation without a rule.
 */
export function traceGraph(
  name: string,
  fn: TensorFunction,
  inputs: Readonly<Record<string, TensorSpec>>,
  { target, state = {}, handedOn = [] }: TraceOptions = {},
): TracedGraph {
  const backend = tracingBackend();
  const builder = new GraphBuilder(target);
  const handed = new Set(handedOn);
  const record = (): Record<string, tf.Tensor> => {
    const tensors = Object.entries(inputs).map(([key, { shape, dtype }]) => {
      const input = builder.input(key, shape, dtype, {
        like: state[key],
        handedOn: handed.has(key),
      });
      const info = backend.track(input);
      return [key, tf.engine().makeTensorFromTensorInfo(info)] as const;
    });
    return fn(Object.fromEntries(tensors));
  };
  const finish = (results: Record<string, tf.Tensor>): TracedGraph => {
    const traced = Object.entries(results).map(([key, tensor]) => [key, backend.traced(tensor)]);
    const graph = builder.finish(name, Object.fromEntries(traced), handed);
    const { provider, borders } = builder.target;
    const largest = provider === "cpu" ? borders.packedValues : 0;
    const shapeOf = (value: string) => builder.shapeOf(value);
    return packState(graph, { state, shapeOf, largest });
  };
  return withTfjsBackend(tracingBackendName, () =>
    backend.record(builder, () => inScope(name, record, finish)),
  );
}
