import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { openDevice, recordsOf, type ScriptModel, scriptModel } from "../devices/index.ts";
import { type Measuring, openMeasuring, samplingRules } from "../profiler/index.ts";
import { sampleStep } from "../profiler/sampling.ts";
import { namedNetworks } from "../src/app/workflows/networks-named.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import type { Network } from "../src/network/network.ts";
import { seededRandom, shuffled } from "../src/random.ts";
import { median, quantile } from "../src/statistics.ts";
import { formatPercent, formatSeconds } from "../src/units.ts";

const warmUp_s = 0.05;
const batch_s = 1e-3;
const batchesPerSample = 5;
const samples = 6;
/** Of the samples' fastest batches, as of a load (docs/measuring.md). */
const floorLevel = 0.3;
/** Loops before and after the agent's turn may differ by this: else the machine changed in between. */
const steadiness = 0.03;
const fewestTurns = 5;
const agreement = 0.03;

/** One turn: loops just before and after what the agent measured, s. */
interface Turn {
  readonly before_s: number;
  readonly agent_s: number;
  readonly after_s: number;
}

/**
 * Whether what `verify` measures is what a plain loop over the exported model takes: `bench loop --net NAME
 * [--multiplier ...] [--widths ...] [--turns N]`. This process loops a network for some 30 ms, the agent loads and samples it by
 * `profile`'s rules, and so on by turns, each with a fresh load on either side, which are shorter than the machine's changes. A turn
 * counts when the loops on both of its sides agree.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      net: { type: "string", default: "mobilenet-v1-cifar" },
      multiplier: { type: "string", multiple: true, default: [] },
      widths: { type: "string", multiple: true, default: [] },
      turns: { type: "string", default: "20" },
    },
  });
  const random = seededRandom(1);
  const subjects = namedNetworks({
    net: [values.net],
    multiplier: values.multiplier.map(Number),
    widths: values.widths,
  }).map(({ label, network }) => ({ label, network, model: modelOf(label, network) }));
  const device = await openDevice("local", { meter: "none" });
  const rows: { label: string; turns: readonly Turn[] }[] = [];
  try {
    const measuring = await openMeasuring({ device, random, patience_s: 0 });
    for (const [i, { label, model }] of shuffled(subjects, random).entries()) {
      rows.push({ label, turns: await byTurns(measuring, model, Number(values.turns)) });
      console.error(`${i + 1} of ${subjects.length} networks`);
    }
  } finally {
    await device.close();
  }
  report(rows);
}

/** Weights as the agent's own models have them, so that both run the same bytes. */
const modelOf = (label: string, network: Network): ScriptModel =>
  scriptModel(label, network, randomWeights(network, seededRandom(7)), 1);

async function byTurns(
  measuring: Measuring,
  model: ScriptModel,
  count: number,
): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  for (let before_s = await loopFloor(model); turns.length < count; ) {
    const agent_s = await agentFloor(measuring, model);
    const after_s = await loopFloor(model);
    turns.push({ before_s, agent_s, after_s });
    before_s = after_s;
  }
  return turns;
}

async function agentFloor(measuring: Measuring, model: ScriptModel): Promise<number> {
  const step = sampleStep(
    [model.name],
    { ...samplingRules, calmSamples: samples, hurriedSamples: samples, maxSamples: samples },
    { patience_s: 0, profiled: [] },
  );
  const [record] = recordsOf(await measuring.measure([model], [step]), "batches");
  if (!record) throw new Error(`The agent measured nothing of ${model.name}`);
  const fastest_s = new Map<number, number>();
  for (const [i, sample] of record.sample.entries()) {
    const latency_s = (record.duration_s[i] ?? Number.NaN) / (record.runs[i] ?? Number.NaN);
    fastest_s.set(sample, Math.min(fastest_s.get(sample) ?? Number.POSITIVE_INFINITY, latency_s));
  }
  return quantile([...fastest_s.values()], floorLevel);
}

/** What a user would write: load, run, run again, look at the clock. */
async function loopFloor({ bytes, inputs }: ScriptModel): Promise<number> {
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
  let perRun_s = 0;
  for (let spent_s = 0; spent_s < warmUp_s; ) {
    const took_s = await runs(10);
    perRun_s = took_s / 10;
    spent_s += took_s;
  }
  const perBatch = Math.max(1, Math.round(batch_s / perRun_s));
  const fastest_s: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    let least_s = Number.POSITIVE_INFINITY;
    for (let batch = 0; batch < batchesPerSample; batch++)
      least_s = Math.min(least_s, (await runs(perBatch)) / perBatch);
    fastest_s.push(least_s);
  }
  await session.release();
  return quantile(fastest_s, floorLevel);
}

function report(
  rows: readonly { readonly label: string; readonly turns: readonly Turn[] }[],
): void {
  console.log("network, verify's floor, steady turns, loop over it: median (quartiles)");
  const typical: number[] = [];
  for (const { label, turns } of rows) {
    const steady = turns.filter(
      ({ before_s, after_s }) => Math.abs(Math.log(after_s / before_s)) <= steadiness,
    );
    const floor_s = median(turns.map(({ agent_s }) => agent_s));
    if (steady.length < fewestTurns) {
      console.log(`${label}, ${formatSeconds(floor_s)}, ${steady.length}, too few`);
      continue;
    }
    const ratios = steady.map(
      ({ before_s, agent_s, after_s }) => (before_s + after_s) / 2 / agent_s,
    );
    typical.push(median(ratios));
    console.log(
      `${label}, ${formatSeconds(floor_s)}, ${steady.length}, ${formatPercent(median(ratios) - 1)} ` +
        `(${formatPercent(quantile(ratios, 0.25) - 1)} to ${formatPercent(quantile(ratios, 0.75) - 1)})`,
    );
  }
  if (typical.length === 0) return;
  const near = typical.filter((ratio) => Math.abs(ratio - 1) <= agreement).length;
  console.log(
    `median ${formatPercent(median(typical) - 1)}; ${near} of ${rows.length} within ${formatPercent(agreement)}`,
  );
}
