import { mean, standardDeviation } from "simple-statistics";
import { recordsOf, type ScriptModel } from "../devices/index.ts";
import { lockDevice, type QualityFlag, studentT95 } from "../energy-db/index.ts";
import { analyseLoad } from "./load-analysis.ts";
import { type Measuring, type MeasuringOptions, openMeasuring } from "./measuring.ts";
import { awaitCalmStep, sampleStep } from "./sampling.ts";

/** The latency of one run of a model, floor over its loads, with the 95 % interval of their mean. */
export interface MeasuredModel {
  readonly measuredAt: string;
  readonly loads: number;
  /** Calm samples behind the floor. */
  readonly samples: number;
  readonly latency_s: number;
  readonly low_s: number;
  readonly high_s: number;
  readonly flags: readonly QualityFlag[];
}

const loads = 4;

/** Measures a model that is no network of kernels: loaded afresh several times, sampled as networks are. Nothing goes into a table. */
export async function measureModel(
  options: MeasuringOptions,
  model: Pick<ScriptModel, "bytes" | "inputs">,
): Promise<MeasuredModel> {
  const { device } = options;
  const lock = device.capabilities.simulated
    ? undefined
    : lockDevice(device.identity, { purpose: "verify" });
  try {
    const measuring = await openMeasuring(options);
    const measuredAt = measuring.clock.timestamp();
    const analyses: Awaited<ReturnType<typeof measureLoad>>[] = [];
    for (let load = 0; load < loads; load++)
      analyses.push(await measureLoad(measuring, { ...model, name: `${load}`, layers: [] }));
    // Drifted loads count where there are no others.
    const calm = analyses.filter(({ flags }) => !flags.includes("drift"));
    const used = calm.length > 1 ? calm : analyses;
    const logs = used.map(({ latency }) => Math.log(latency.floor.latency_s));
    const error = (studentT95(used.length - 1) * spreadOf(logs)) / Math.sqrt(used.length);
    return {
      measuredAt,
      loads: used.length,
      samples: used.reduce((sum, { latency }) => sum + latency.samples, 0),
      latency_s: Math.exp(mean(logs)),
      low_s: Math.exp(mean(logs) - error),
      high_s: Math.exp(mean(logs) + error),
      flags: [...new Set(used.flatMap(({ flags }) => flags))],
    };
  } finally {
    lock?.release();
  }
}

const spreadOf = (logs: readonly number[]): number =>
  standardDeviation([...logs]) * Math.sqrt(logs.length / (logs.length - 1));

async function measureLoad(measuring: Measuring, model: ScriptModel) {
  const { rules, patience, random } = measuring;
  await measuring.awaitConditions();
  const raw = await measuring.measure(
    [model],
    [
      awaitCalmStep(patience),
      sampleStep([model.name], rules, { patience_s: patience.left_s, profiled: [] }),
    ],
  );
  measuring.learnCanary(raw);
  const [batches] = recordsOf(raw, "batches").filter((record) => record.model === model.name);
  if (!batches) throw new Error(`The device measured nothing of load ${model.name}`);
  const step_s = measuring.instruments.clock?.step_s ?? 0;
  return analyseLoad(batches, measuring.baseline_s ?? Number.NaN, rules, step_s, random);
}
