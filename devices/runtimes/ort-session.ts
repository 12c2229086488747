import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { networkInput } from "../../src/network/network.ts";
import { seededRandom } from "../../src/random.ts";
import { median } from "../../src/statistics.ts";
import type { Clock } from "../clock.ts";
import type { LoadedModel, ProfiledModel } from "../runtime.ts";
import { readTrace } from "./ort-trace.ts";

/** An exported network and what is needed to run it: plain data, so that it can be sent to another process. */
export interface SessionSource {
  readonly bytes: Uint8Array;
  readonly inputShape: readonly number[];
  readonly layers: readonly string[];
  readonly threads: number;
}

type Feeds = Readonly<Record<string, Tensor>>;

/** The input only has to be free of zeros; a fixed seed keeps two runs alike. */
const inputSeed = 1;

/** What the node profiler has shown of itself in this process. */
export interface ProfilerState {
  /**
   * What recording a node took in every trace so far, µs. One trace tells it to half a µs, which over a network's
   * nodes is a tenth of a small network; the median of all is the same for networks to be compared.
   */
  readonly recordings_us: number[];
  rehearsed: boolean;
}

/** Loads an exported network into ONNX Runtime in this process. */
export async function loadSession(
  source: SessionSource,
  clock: Clock,
  profiler: ProfilerState,
): Promise<LoadedModel> {
  const feeds = { [networkInput]: randomInput(source.inputShape) };
  const session = await InferenceSession.create(source.bytes, sessionOptions(source));
  return {
    ...runner(session, feeds, clock),
    profiled: async () => {
      if (!profiler.rehearsed) await rehearse(source, feeds, clock, profiler);
      return profiledModel(source, feeds, clock, profiler.recordings_us);
    },
    close: () => session.release(),
  };
}

const sessionOptions = ({ threads }: SessionSource): InferenceSession.SessionOptions => ({
  executionProviders: ["cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
});

function runner(
  session: InferenceSession,
  feeds: Feeds,
  clock: Clock,
): Pick<LoadedModel, "run" | "runBatches"> {
  const run = async (runs: number): Promise<number> => {
    const start_s = clock.now_s();
    for (let done = 0; done < runs; done++) await session.run(feeds);
    return clock.now_s() - start_s;
  };
  return {
    run,
    runBatches: async (runs, batches) => {
      const times_s: number[] = [];
      while (times_s.length < batches) times_s.push(await run(runs));
      return times_s;
    },
  };
}

/** Longer than a measurement records for. */
const rehearsal_s = 0.5;
const rehearsedRuns = 16;

/**
 * The first trace of a process takes its memory from the system page by page, which adds up to 2 µs to every node; all
 * later ones reuse it. So the first one is thrown away.
 */
async function rehearse(
  source: SessionSource,
  feeds: Feeds,
  clock: Clock,
  profiler: ProfilerState,
): Promise<void> {
  const model = await profiledModel(source, feeds, clock, []);
  for (let spent_s = 0; spent_s < rehearsal_s; ) spent_s += await model.run(rehearsedRuns);
  await model.finish();
  profiler.rehearsed = true;
}

async function profiledModel(
  source: SessionSource,
  feeds: Feeds,
  clock: Clock,
  recordings_us: number[],
): Promise<ProfiledModel> {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-profile-"));
  const session = await InferenceSession.create(source.bytes, {
    ...sessionOptions(source),
    enableProfiling: true,
    profileFilePrefix: join(folder, "trace"),
  });
  return {
    ...runner(session, feeds, clock),
    finish: async () => {
      session.endProfiling();
      await session.release();
      const trace = readdirSync(folder)[0];
      if (trace === undefined) throw new Error(`ONNX Runtime wrote no trace into ${folder}`);
      const json = readFileSync(join(folder, trace), "utf8");
      rmSync(folder, { recursive: true });
      const read = readTrace(json, source.layers);
      if (read.recording_us !== undefined) recordings_us.push(read.recording_us);
      return read.layerTimes(recordings_us.length > 0 ? median(recordings_us) : 0);
    },
  };
}

function randomInput(shape: readonly number[]): Tensor {
  const random = seededRandom(inputSeed);
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => random.normal());
  return new Tensor("float32", values, shape);
}
