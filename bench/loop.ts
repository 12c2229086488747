import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { openDevice, type ScriptModel, scriptModel } from "../devices/index.ts";
import { type Measuring, measureBlock, openMeasuring } from "../profiler/index.ts";
import { namedNetworks } from "../src/app/workflows/networks-named.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import type { Network } from "../src/network/network.ts";
import { type Random, seededRandom, shuffled } from "../src/random.ts";
import { median, quantile } from "../src/statistics.ts";
import { formatPercent, formatSeconds } from "../src/units.ts";

/** Networks measured and looped within seconds of each other; the machine's speed moves over seconds to minutes. */
const networksPerGroup = 4;
const warmUp_s = 0.1;
const loop_s = 0.4;
const batch_s = 1e-3;
/** Of a loop's batches: disturbances only lengthen. */
const floorLevel = 0.05;
const agreement = 0.03;

interface Subject {
  readonly label: string;
  readonly network: Network;
  readonly model: ScriptModel;
}

/**
 * Whether what `verify` measures is what a plain loop over the exported model takes: `bench loop --net NAME
 * [--multiplier ...] [--widths ...] [--rounds N]`. In every round a group of networks is looped in this process, one after the
 * other, measured by the agent, and looped again, all freshly loaded; the loops before and after are averaged.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      net: { type: "string", default: "mobilenet-v1-cifar" },
      multiplier: { type: "string", multiple: true, default: [] },
      widths: { type: "string", multiple: true, default: [] },
      rounds: { type: "string", default: "4" },
    },
  });
  const random = seededRandom(1);
  const subjects = namedNetworks({
    net: [values.net],
    multiplier: values.multiplier.map(Number),
    widths: values.widths,
  }).map(({ label, network }) => ({ label, network, model: modelOf(label, network) }));
  const ratios = subjects.map((): number[] => []);
  const floors_s = subjects.map((): number[] => []);
  const device = await openDevice("local", { meter: "none" });
  try {
    const measuring = await openMeasuring({ device, random, patience_s: 60 });
    for (let round = 0; round < Number(values.rounds); round++)
      for (let from = 0; from < subjects.length; from += networksPerGroup) {
        const group = subjects.slice(from, from + networksPerGroup);
        const pairs = await comparedOnce(measuring, group, round, random);
        for (const [i, { loop_s: looped_s, floor_s }] of pairs.entries()) {
          ratios[from + i]?.push(looped_s / floor_s);
          floors_s[from + i]?.push(floor_s);
        }
        console.error(`round ${round + 1} of ${values.rounds}, ${from + group.length} networks`);
      }
  } finally {
    await device.close();
  }
  report(subjects, floors_s, ratios);
}

/** Weights as the agent's own models have them, so that both run the same bytes. */
const modelOf = (label: string, network: Network): ScriptModel =>
  scriptModel(label, network, randomWeights(network, seededRandom(7)), 1);

async function comparedOnce(
  measuring: Measuring,
  group: readonly Subject[],
  load: number,
  random: Random,
) {
  const before_s = await loops(group, random);
  const floors_s = new Map<number, number>();
  const loads = group.map(({ network }, position) => ({
    network,
    role: "verify" as const,
    batch: 1,
    position,
    load,
    attempt: 0,
    profiled: false,
    metered: false,
  }));
  for await (const { position, latency } of measureBlock(measuring, loads))
    floors_s.set(position, latency.floor.latency_s);
  const after_s = await loops(group, random);
  return group.map((_, i) => ({
    loop_s: ((before_s.get(i) ?? Number.NaN) + (after_s.get(i) ?? Number.NaN)) / 2,
    floor_s: floors_s.get(i) ?? Number.NaN,
  }));
}

async function loops(
  group: readonly Subject[],
  random: Random,
): Promise<ReadonlyMap<number, number>> {
  const floors_s = new Map<number, number>();
  for (const i of shuffled([...group.keys()], random)) {
    const model = group[i]?.model;
    if (model) floors_s.set(i, await plainLoop(model));
  }
  return floors_s;
}

/** What a user would write: load, run, run again, look at the clock. */
async function plainLoop({ bytes, inputs }: ScriptModel): Promise<number> {
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const random = seededRandom(2);
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const values = Float32Array.from({ length: size }, () => random.normal());
      return [name, new Tensor("float32", values, shape)];
    }),
  );
  const runs = async (count: number): Promise<number> => {
    const start_ms = performance.now();
    for (let i = 0; i < count; i++) await session.run(feeds);
    return (performance.now() - start_ms) / 1e3;
  };
  let perRun_s = (await runs(10)) / 10;
  for (let spent_s = 0; spent_s < warmUp_s; ) {
    const took_s = await runs(20);
    perRun_s = took_s / 20;
    spent_s += took_s;
  }
  const perBatch = Math.max(1, Math.round(batch_s / perRun_s));
  const latencies_s: number[] = [];
  for (let spent_s = 0; spent_s < loop_s; ) {
    const took_s = await runs(perBatch);
    latencies_s.push(took_s / perBatch);
    spent_s += took_s;
  }
  await session.release();
  return quantile(latencies_s, floorLevel);
}

function report(
  subjects: readonly Subject[],
  floors_s: readonly (readonly number[])[],
  ratios: readonly (readonly number[])[],
): void {
  const typical = ratios.map(median);
  console.log("network, verify's floor (median of the rounds), loop over it: median, range");
  for (const [i, { label }] of subjects.entries()) {
    const own = ratios[i] ?? [];
    console.log(
      `${label}, ${formatSeconds(median(floors_s[i] ?? []))}, ${formatPercent((typical[i] ?? 0) - 1)}, ` +
        `${formatPercent(Math.min(...own) - 1)} to ${formatPercent(Math.max(...own) - 1)}`,
    );
  }
  const near = typical.filter((ratio) => Math.abs(ratio - 1) <= agreement).length;
  console.log(
    `median ${formatPercent(median(typical) - 1)}; ${near} of ${typical.length} within ${formatPercent(agreement)}`,
  );
}
