import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeModel, nodesOnCpu } from "../../src/onnx/index.ts";
import type { Clock } from "../clock.ts";
import type { LoadedModel, ProfiledModel } from "../runtime.ts";
import type { ScriptModel } from "../script.ts";
import { fixedInputs } from "./fixed-input.ts";
import { inBatches, readTrace } from "./ort-trace.ts";
import { timedRuns } from "./timed.ts";

type Feeds = Readonly<Record<string, Tensor>>;

/** What onnxruntime-node computes with. */
export type OrtProvider = "cpu" | "webgpu" | "cuda";

interface Where {
  readonly provider: OrtProvider;
  readonly threads: number;
}

/** Loads a network into ONNX Runtime in this process. */
export async function loadSession(
  model: ScriptModel,
  where: Where,
  clock: Clock,
): Promise<LoadedModel> {
  const fallback = where.provider === "cpu" ? undefined : await leftToCpu(model, where);
  const session = await InferenceSession.create(model.bytes, sessionOptions(where));
  return {
    run: runner(session, randomInputs(model), clock),
    answer: async (input) => {
      const [{ name = "", shape = [] } = {}] = model.inputs;
      const outputs = await session.run({ [name]: new Tensor("float32", input, shape) });
      return Object.values(outputs)[0]?.data as Float32Array;
    },
    ...(fallback === undefined ? {} : { fallback }),
    close: () => session.release(),
  };
}

/** What of a network its provider does not run, if anything: ONNX Runtime tells in profiles alone. */
async function leftToCpu(model: ScriptModel, where: Where): Promise<string | undefined> {
  const { session, finish } = await openTraced(model, where);
  try {
    await session.run(randomInputs(model));
  } catch (error) {
    await finish(() => undefined);
    throw error;
  }
  const nodes = await finish(nodesOnCpu);
  return nodes.length === 0 ? undefined : `the CPU ran ${nodes.join(", ")}`;
}

/** Throws ONNX Runtime's error where it cannot run on a provider. */
export async function tryProvider(provider: OrtProvider): Promise<void> {
  const value = { type: "float32" as const, shape: [2] };
  const bytes = encodeModel({
    name: "probe",
    inputs: [{ name: "x", ...value }],
    outputs: [{ name: "y", ...value }],
    initializers: [],
    nodes: [{ op: "Relu", name: "relu", inputs: ["x"], outputs: ["y"], attributes: {} }],
  });
  const session = await InferenceSession.create(bytes, sessionOptions({ provider, threads: 1 }));
  await session.run({ x: new Tensor("float32", Float32Array.of(1, -1), [2]) });
  await session.release();
}

/** The same with the node profiler on. `state` remembers whether this process has had its first trace. */
export async function profileSession(
  model: ScriptModel,
  threads: number,
  clock: Clock,
  state: { rehearsed: boolean },
): Promise<ProfiledModel> {
  if (!state.rehearsed) await rehearse(model, threads, clock);
  state.rehearsed = true;
  return openProfiled(model, threads, clock);
}

const sessionOptions = ({ provider, threads }: Where): InferenceSession.SessionOptions => ({
  // What the first cannot run, the next one does.
  executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
});

const runner = (session: InferenceSession, feeds: Feeds, clock: Clock): LoadedModel["run"] =>
  timedRuns(() => session.run(feeds), clock);

/** Longer than a measurement records for. */
const rehearsal_s = 0.5;
const rehearsedRuns = 16;

/**
 * The first trace of a process takes its memory from the system page by page, which adds up to 2 µs to every node, and
 * more to some; all later ones reuse it. So the first one is thrown away.
 */
async function rehearse(model: ScriptModel, threads: number, clock: Clock): Promise<void> {
  const profiled = await openProfiled(model, threads, clock);
  for (let spent_s = 0; spent_s < rehearsal_s; ) spent_s += await profiled.run(rehearsedRuns);
  await profiled.discard();
}

interface TracedModel extends ProfiledModel {
  /** Ends without reading the trace, which takes longer than recording it. */
  discard(): Promise<void>;
}

async function openProfiled(
  model: ScriptModel,
  threads: number,
  clock: Clock,
): Promise<TracedModel> {
  const { session, finish } = await openTraced(model, { provider: "cpu", threads });
  const run = runner(session, randomInputs(model), clock);
  const batches: number[] = [];
  return {
    run: (runs) => {
      batches.push(runs);
      return run(runs);
    },
    discard: () => finish(() => undefined),
    finish: () => finish((json) => inBatches(readTrace(json, model.layers), batches)),
  };
}

/** A session with the node profiler on; `finish` ends it and reads its trace. */
async function openTraced(model: ScriptModel, where: Where) {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-profile-"));
  const session = await InferenceSession.create(model.bytes, {
    ...sessionOptions(where),
    enableProfiling: true,
    profileFilePrefix: join(folder, "trace"),
  });
  const finish = async <T>(read: (json: string) => T): Promise<T> => {
    session.endProfiling();
    await session.release();
    try {
      const trace = readdirSync(folder)[0];
      if (trace === undefined) throw new Error(`ONNX Runtime wrote no trace into ${folder}`);
      return read(readFileSync(join(folder, trace), "utf8"));
    } catch (error) {
      requireSpaceIn(folder);
      throw error;
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  return { session, finish };
}

/** ONNX Runtime cuts its trace off where the disk is full, and says nothing; writing there says it, as ENOSPC. */
function requireSpaceIn(folder: string): void {
  writeFileSync(join(folder, "space"), new Uint8Array(2 ** 16));
}

function randomInputs({ inputs }: ScriptModel): Feeds {
  const values = fixedInputs();
  return Object.fromEntries(
    inputs.map(({ name, shape, dtype }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      if (dtype === "int32") return [name, new Tensor(dtype, new Int32Array(size).fill(1), shape)];
      return [name, new Tensor("float32", values(shape), shape)];
    }),
  );
}
