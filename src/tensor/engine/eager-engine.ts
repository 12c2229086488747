import { loadTfjsNode, tfjsNodeBackend } from "../../tfjs-node.ts";
import { inScope, withTfjsBackend } from "../scope.ts";
import { tf } from "../tfjs.ts";
import type {
  BackendName,
  Engine,
  Program,
  TensorFunction,
  TensorSpec,
  TensorValue,
} from "../types.ts";
import { checkInputs } from "./inputs.ts";

type EagerBackend = Extract<BackendName, `tfjs-${string}`>;

/** Runs functions as they are on a backend of tfjs. Throws a UserError that says what to install when it is missing. */
export async function eagerEngine(backend: EagerBackend, nodeVersion?: string): Promise<Engine> {
  if (backend !== "tfjs-cpu")
    await loadTfjsNode(backend, { instead: "the backend onnx-cpu", nodeVersion });
  const registered = backend === "tfjs-cpu" ? "cpu" : tfjsNodeBackend;
  return {
    backend,
    compile: (name, fn, inputs) => Promise.resolve(eagerProgram(registered, { name, fn, inputs })),
    close: () => Promise.resolve(),
  };
}

interface Source {
  readonly name: string;
  readonly fn: TensorFunction;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
}

function eagerProgram(registered: string, source: Source): Program {
  return {
    run: async (values) => {
      const given = checkInputs(source.name, source.inputs, values);
      const results = withTfjsBackend(registered, () => runScoped(source, given));
      try {
        const read = results.map(async ([key, tensor]) => [key, await readValue(tensor)] as const);
        return Object.fromEntries(await Promise.all(read));
      } finally {
        for (const [, tensor] of results) tensor.dispose();
      }
    },
    arrange: (values) => ({ ...values }),
    traceMs: 0,
    sessionMs: 0,
    nodes: 0,
    release: () => Promise.resolve(),
  };
}

function runScoped(
  { name, fn }: Source,
  given: readonly (readonly [string, TensorValue])[],
): readonly (readonly [string, tf.Tensor])[] {
  const call = () => {
    const tensors = given.map(
      ([key, { data, shape, dtype }]) => [key, tf.tensor(data, [...shape], dtype)] as const,
    );
    return Object.entries(fn(Object.fromEntries(tensors)));
  };
  // Clones, so that a result that is an input or appears twice is freed once for each.
  return inScope(name, call, (results) =>
    results.map(([key, tensor]) => [key, tf.keep(tf.clone(tensor))] as const),
  );
}

async function readValue(tensor: tf.Tensor): Promise<TensorValue> {
  const data = await tensor.data();
  return {
    shape: tensor.shape,
    // Only these types come out of functions over these types.
    dtype: tensor.dtype as TensorSpec["dtype"],
    data: tensor.dtype === "bool" ? Uint8Array.from(data) : data,
  };
}
