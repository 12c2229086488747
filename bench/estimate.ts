import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { type CostTable, loadEveryCosts, openTable } from "../energy-db/index.ts";
import { estimateModel, platformInPrecision } from "../src/app/workflows/estimate-model.ts";
import { importModel } from "../src/network/import/index.ts";
import { seededRandom } from "../src/random.ts";
import { quantile } from "../src/statistics.ts";
import { formatPercent, formatSeconds } from "../src/units.ts";

/** At least so many runs and so long, as TensorFlow Lite's benchmark does: the first dozen are 5 to 8 % slower. */
const warmUp = { runs: 10, for_ms: 500 };
const timed = { runs: 50, for_ms: 1000 };

/**
 * How near `estimate` comes to ONNX Runtime itself on this machine, one thread: `bench estimate --models FOLDER --db FILE`.
 * A model's latency is the first quartile of its runs.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: { models: { type: "string" }, db: { type: "string" } },
  });
  const { models, db } = values;
  if (!models || !db) throw new Error("Give --models FOLDER of ONNX files and --db FILE");
  const table = openTable(db, { mode: "read" });
  const here = { device: "local", threads: 1 } as const;
  const platforms = table
    .platforms()
    .filter(({ device, threads }) => device === here.device && threads === here.threads);
  const known = new Map<number, readonly CostTable[]>();
  const tablesOf = (id: number): readonly CostTable[] => {
    const tables = known.get(id) ?? loadEveryCosts(table, id);
    known.set(id, tables);
    return tables;
  };
  console.log("model, measured, estimated (95 %), error, predicted from work alone");
  for (const name of readdirSync(models).filter((file) => file.endsWith(".onnx"))) {
    const measured_s = await latencyOf(join(models, name));
    const model = importModel(join(models, name));
    const { id } = platformInPrecision(platforms, model) ?? table.findPlatform(here);
    const { estimate } = estimateModel(model, tablesOf(id));
    const { latency_s, latency_low_s, latency_high_s, guessedShare } = estimate;
    console.log(
      `${name}, ${formatSeconds(measured_s)}, ${formatSeconds(latency_s)} (${formatSeconds(latency_low_s)} to ` +
        `${formatSeconds(latency_high_s)}), ${formatPercent(latency_s / measured_s - 1)}, ${formatPercent(guessedShare)}`,
    );
  }
  table.close();
}

async function latencyOf(path: string): Promise<number> {
  const { inputs } = importModel(path);
  const threads = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await InferenceSession.create(path, threads);
  const random = seededRandom(1);
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [
        name,
        new Tensor(
          "float32",
          Float32Array.from({ length: size }, () => random.normal()),
          shape,
        ),
      ];
    }),
  );
  const timesOf_s = async ({ runs, for_ms }: typeof timed): Promise<readonly number[]> => {
    const times_s: number[] = [];
    const until_ms = performance.now() + for_ms;
    while (times_s.length < runs || performance.now() < until_ms) {
      const start_ms = performance.now();
      await session.run(feeds);
      times_s.push((performance.now() - start_ms) / 1000);
    }
    return times_s;
  };
  await timesOf_s(warmUp);
  const times_s = await timesOf_s(timed);
  await session.release();
  return quantile(times_s, 0.25);
}
