import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { encodeModel, type OnnxGraph } from "../src/onnx/index.ts";
import { nchwc } from "../src/tensor/trace/convert.ts";

/** The fastest run of one node of the optimised graph. */
export interface NodeTime {
  readonly name: string;
  readonly op: string;
  readonly provider: string;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly microseconds: number;
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: {
    readonly op_name: string;
    readonly provider: string;
    readonly input_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/**
 * The fastest of `runs` runs of every node, in the order they run: hardly moved by other work on the machine.
 * Inputs hold sines, integers zeros.
 */
export async function nodeTimes(
  graph: OnnxGraph,
  { threads, runs = 12 }: { readonly threads: number; readonly runs?: number },
): Promise<readonly NodeTime[]> {
  const folder = mkdtempSync(join(tmpdir(), "node-times-"));
  try {
    const session = await ort.InferenceSession.create(encodeModel(graph), {
      intraOpNumThreads: threads,
      enableMemPattern: false,
      // As the engine opens graphs in blocks; of the others their rivals are compared as the runtime optimises them.
      graphOptimizationLevel: isBlocked(graph) ? "disabled" : "all",
      enableProfiling: true,
      profileFilePrefix: join(folder, "p"),
      logSeverityLevel: 4,
    });
    const feeds = Object.fromEntries(graph.inputs.map((input) => [input.name, sines(input)]));
    for (let i = 0; i < runs; i++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const [file = ""] = readdirSync(folder);
    return fastest(JSON.parse(readFileSync(join(folder, file), "utf8")) as ProfileEvent[]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isBlocked = ({ nodes }: OnnxGraph): boolean => nodes.some(({ op }) => op.startsWith(nchwc));

function sines({ type, shape }: OnnxGraph["inputs"][number]): ort.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return type === "int32"
    ? new ort.Tensor("int32", new Int32Array(size), [...shape])
    : new ort.Tensor(
        "float32",
        Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
        [...shape],
      );
}

function fastest(events: readonly ProfileEvent[]): readonly NodeTime[] {
  const least = new Map<string, NodeTime>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time") || !args) continue;
    const known = least.get(name)?.microseconds ?? Number.POSITIVE_INFINITY;
    if (dur >= known) continue;
    const shapes = (all: readonly Readonly<Record<string, readonly number[]>>[]) =>
      all.flatMap((one) => Object.values(one));
    least.set(name, {
      name: name.slice(0, -"_kernel_time".length),
      op: args.op_name,
      provider: args.provider,
      inputs: shapes(args.input_type_shape),
      outputs: shapes(args.output_type_shape),
      microseconds: dur,
    });
  }
  return [...least.values()];
}
