import * as ort from "onnxruntime-node";
import { UserError } from "../../errors.ts";
import { encodeModel } from "../../onnx/encode.ts";
import type { OnnxValue } from "../../onnx/graph.ts";
import { nchwc } from "../trace/convert.ts";
import { type Layout, storedShape } from "../trace/layout.ts";
import { type GraphTarget, targetFor } from "../trace/target.ts";
import { traceGraph } from "../trace/trace.ts";
import { resultKey, type TracedGraph } from "../trace/traced-graph.ts";
import type { BackendName, Engine, Program, TensorSpec, TensorValue } from "../types.ts";
import { probeBlockSize } from "./block-size.ts";
import { type FallbackListener, type FallbackWatch, watchFallback } from "./fallback.ts";
import { checkInputs } from "./inputs.ts";
import { packed, unpacked } from "./packed-state.ts";
import { StoredValue } from "./stored-value.ts";

type OnnxBackend = Extract<BackendName, `onnx-${string}`>;

const providers: Record<OnnxBackend, ort.InferenceSession.SessionOptions["executionProviders"]> = {
  "onnx-cpu": ["cpu"],
  "onnx-webgpu": ["webgpu", "cpu"],
  "onnx-cuda": ["cuda", "cpu"],
};

/**
 * Runs traced graphs on a provider of ONNX Runtime, written for `target`. What a GPU's provider leaves to the CPU is
 * told to `onFallback` after a program's first run.
 */
export function onnxEngine(
  backend: OnnxBackend,
  target: GraphTarget,
  { onFallback }: { readonly onFallback?: FallbackListener | undefined } = {},
): Engine {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: providers[backend] ?? [],
    intraOpNumThreads: target.threads,
    interOpNumThreads: 1,
    // Planned blocks keep a fifth more memory and save no time here (docs/engine.md, sessions).
    enableMemPattern: false,
    // Threads wait actively inside a run, where operators follow each other closely, but not between runs.
    extra: { session: { force_spinning_stop: "1" } },
    // Errors only: the optimiser warns of constants that it has itself made useless.
    logSeverityLevel: 3,
  };
  const open = new Set<Program>();
  return {
    backend,
    threads: target.threads,
    compile: async (name, fn, inputs, { state, handedOn } = {}) => {
      const start = performance.now();
      const graph = traceGraph(name, fn, inputs, { target, state, handedOn });
      const bytes = encodeModel(graph);
      const traced = performance.now();
      const watch =
        onFallback && backend !== "onnx-cpu" ? watchFallback(name, onFallback) : undefined;
      const session = await ort.InferenceSession.create(bytes, {
        ...options,
        graphOptimizationLevel: optimizationLevel(graph),
        ...watch?.options,
      });
      const program: Program = {
        ...onnxProgram(session, graph, { inputs, watch }),
        traceMs: traced - start,
        sessionMs: performance.now() - traced,
        nodes: graph.nodes.length,
        release: async () => {
          if (!open.delete(program)) return;
          watch?.end(session);
          await session.release();
        },
      };
      open.add(program);
      return program;
    },
    close: async () => {
      for (const program of [...open]) await program.release();
    },
  };
}

/**
 * A graph in blocks leaves the runtime's optimiser nothing to gain, yet it takes three quarters of the time to open
 * one (docs/engine.md, sessions).
 */
const optimizationLevel = ({ nodes }: TracedGraph): "all" | "disabled" =>
  nodes.some(({ op }) => op.startsWith(nchwc)) ? "disabled" : "all";

function onnxProgram(
  session: ort.InferenceSession,
  graph: TracedGraph,
  {
    inputs,
    watch,
  }: {
    readonly inputs: Readonly<Record<string, TensorSpec>>;
    readonly watch: FallbackWatch | undefined;
  },
): Pick<Program, "run" | "arrange"> {
  const keptAs = (name: string) => ({
    shape: inputs[name]?.shape ?? [],
    layout: graph.layouts.get(name),
  });
  const arrayIn =
    (values: Readonly<Record<string, TensorValue>>) =>
    (name: string): Float32Array => {
      const value = values[name] as TensorValue;
      const { layout } = keptAs(name);
      // Only float32 inputs are kept as state.
      return layout ? StoredValue.of(value, layout).stored : (value.data as Float32Array);
    };
  const packOf = new Map(graph.packs.map((pack) => [pack.output, pack]));
  const isPacked = new Set(graph.packs.flatMap(({ members }) => members.map(({ name }) => name)));
  return {
    arrange: (values) => {
      const arranged = Object.entries(values).map(
        ([name, value]): readonly [string, TensorValue] => {
          const { layout } = keptAs(name);
          return [name, layout === undefined ? value : StoredValue.of(value, layout)];
        },
      );
      const whole = graph.packs.filter(({ members }) =>
        members.every(({ name }) => name in values),
      );
      const parts = whole.flatMap((pack) => unpacked(pack, packed(pack, arrayIn(values)), keptAs));
      return Object.fromEntries([...arranged, ...parts]);
    },
    run: async (values) => {
      const given = checkInputs(graph.name, inputs, values);
      const feeds = given.flatMap(([name, value]) => {
        if (isPacked.has(name)) return [];
        const { layout } = keptAs(name);
        return [[name, layout === undefined ? feedOf(value) : storedFeed(value, layout)] as const];
      });
      const vectors = graph.packs.map((pack) => {
        const vector = packed(pack, arrayIn(values));
        return [pack.input, new ort.Tensor("float32", vector, [pack.size])] as const;
      });
      const results = await session.run(Object.fromEntries([...feeds, ...vectors]));
      watch?.end(session);
      return Object.fromEntries(
        graph.outputs.flatMap((output): readonly (readonly [string, TensorValue])[] => {
          const value = readValue(output, results[output.name]);
          const pack = packOf.get(output.name);
          if (pack) return unpacked(pack, value.data as Float32Array, keptAs);
          const key = resultKey(output.name);
          const layout = graph.layouts.get(output.name);
          return [
            [key, layout ? storedResult(value, graph.shapes.get(output.name), layout) : value],
          ];
        }),
      );
    },
  };
}

const feedOf = ({ data, shape, dtype }: TensorValue): ort.Tensor =>
  // The constructor's overloads pair each type with its array, which a record keeps together but not provably.
  new ort.Tensor(dtype as "float32", data as Float32Array, [...shape]);

const storedFeed = (value: TensorValue, layout: Layout): ort.Tensor =>
  new ort.Tensor("float32", StoredValue.of(value, layout).stored, [
    ...storedShape(value.shape, layout),
  ]);

function storedResult(
  value: TensorValue,
  shape: readonly number[] | undefined,
  layout: Layout,
): StoredValue {
  if (!shape) throw new Error("An output has no shape");
  return new StoredValue(shape, layout, value.data as Float32Array);
}

function readValue({ name, shape, type }: OnnxValue, result: ort.Tensor | undefined): TensorValue {
  if (!result || type === "int64" || type === "int8" || type === "uint8")
    throw new Error(`ONNX Runtime returned no "${name}"`);
  return { shape, dtype: type, data: result.data as TensorValue["data"] };
}

/** Why ONNX Runtime cannot run on a provider here, or undefined when it can: runs one small graph. */
export async function probeProvider(backend: OnnxBackend): Promise<UserError | undefined> {
  const engine = onnxEngine(backend, targetFor(providerOf(backend)));
  try {
    const x: TensorSpec = { shape: [2], dtype: "float32" };
    const program = await engine.compile("probe", ({ x }) => ({ y: x as NonNullable<typeof x> }), {
      x,
    });
    await program.run({ x: { ...x, data: Float32Array.of(1, 2) } });
    return undefined;
  } catch (cause) {
    return new UserError(`ONNX Runtime cannot run on ${backend} here`, {
      hint: hints[backend],
      exit: "unavailable",
      cause,
    });
  } finally {
    await engine.close();
  }
}

const providerOf = (backend: OnnxBackend): GraphTarget["provider"] =>
  backend.slice("onnx-".length) as GraphTarget["provider"];

/** What graphs are written for on a backend of this machine. */
export async function machineTarget(backend: OnnxBackend, threads: number): Promise<GraphTarget> {
  const block = backend === "onnx-cpu" ? await probeBlockSize() : undefined;
  return targetFor(providerOf(backend), { threads, block });
}

const hints: Record<OnnxBackend, string> = {
  "onnx-cpu": "Reinstall onnxruntime-node: npm rebuild onnxruntime-node",
  "onnx-webgpu":
    "Install a Vulkan driver (mesa-vulkan-drivers), or point VK_ICD_FILENAMES at Chromium's vk_swiftshader_icd.json before starting.",
  "onnx-cuda":
    "Install the NVIDIA driver, CUDA 12 and cuDNN 9, then: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node",
};
