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

/**
 * What recording a node took in every trace of this process so far, µs. One trace tells it to half a µs, which over
 * a network's nodes is a tenth of a small network; the median of all is the same for networks to be compared.
 */
export type Recordings = number[];

/** Loads an exported network into ONNX Runtime in this process. */
export async function loadSession(
  source: SessionSource,
  clock: Clock,
  recordings: Recordings,
): Promise<LoadedModel> {
  const feeds = { [networkInput]: randomInput(source.inputShape) };
  const session = await InferenceSession.create(source.bytes, sessionOptions(source));
  return {
    ...runner(session, feeds, clock),
    profiled: () => profiledModel(source, feeds, clock, recordings),
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

async function profiledModel(
  source: SessionSource,
  feeds: Feeds,
  clock: Clock,
  recordings: Recordings,
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
      if (read.recording_us !== undefined) recordings.push(read.recording_us);
      return read.layerTimes(recordings.length > 0 ? median(recordings) : 0);
    },
  };
}

function randomInput(shape: readonly number[]): Tensor {
  const random = seededRandom(inputSeed);
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => random.normal());
  return new Tensor("float32", values, shape);
}
