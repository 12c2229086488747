import { shuffled } from "../../src/random.ts";
import type { BatchesRecord, NodesRecord } from "../raw.ts";
import type { LoadedModel, NodeTimes, ProfiledModel } from "../runtime.ts";
import type { SampleStep, ScriptModel } from "../script.ts";
import { type Execution, modelOf } from "./execution.ts";
import { warmUp } from "./warm-up.ts";

interface Batch {
  readonly start_s: number;
  readonly duration_s: number;
  readonly runs: number;
  readonly profiled: boolean;
}

interface Sample {
  readonly batches: readonly Batch[];
  /** Of the canary around it, the larger of before and after; NaN without one. */
  readonly canary_s: number;
}

/** One kind of batches of a loaded model, sized by its warm-up. */
interface Kind {
  readonly model: Pick<LoadedModel, "run">;
  readonly runs: number;
  readonly warmUpRuns: number;
  readonly warmUpBatches: number;
}

/** A model that is being sampled. */
interface Subject {
  readonly name: string;
  readonly plain: Kind & { readonly model: LoadedModel };
  readonly profiled: (Kind & { readonly model: ProfiledModel }) | undefined;
  readonly samples: Sample[];
  calm: number;
}

/** Samples every model of the step until each has its calm samples; see `SampleStep`. */
export async function sample(execution: Execution, step: SampleStep): Promise<void> {
  const subjects: Subject[] = [];
  try {
    for (const name of step.models) subjects.push(await open(execution, step, name));
    await takeRounds(execution, step, subjects);
  } finally {
    await closeAll(execution, step, subjects);
  }
}

async function open(execution: Execution, step: SampleStep, name: string): Promise<Subject> {
  const { machine, script } = execution;
  const source = modelOf(script, name);
  const { threads } = script;
  const model = await machine.runtime.load(source, { threads });
  try {
    return { name, ...(await warmed(execution, step, source, model)), samples: [], calm: 0 };
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function warmed(
  { machine, script: { threads }, check }: Execution,
  step: SampleStep,
  source: ScriptModel,
  model: LoadedModel,
): Promise<Pick<Subject, "plain" | "profiled">> {
  const { name } = source;
  const logged = step.profiled.includes(name)
    ? await machine.runtime.profile?.(source, { threads })
    : undefined;
  return {
    plain: { model, ...(await warmUp(model, step, check)) },
    // Its log grows with every run, and the caches and the core are warm by now.
    profiled: logged && { model: logged, ...(await warmUp(logged, briefly(step), check)) },
  };
}

const briefly = (step: SampleStep): Pick<SampleStep, "warmUp" | "batch_s"> => ({
  ...step,
  warmUp: { ...step.warmUp, maxBatches: Math.ceil(step.warmUp.maxBatches / 4) },
});

/** Rounds in which every unfinished model is sampled once, in a new order each. */
async function takeRounds(
  execution: Execution,
  step: SampleStep,
  subjects: readonly Subject[],
): Promise<void> {
  const { machine, canary, random, check, emit } = execution;
  const { clock } = machine;
  const glance = async (): Promise<number> => (canary ? canary.glance() : Number.NaN);
  let lost_s = 0;
  const isOpen = ({ calm, samples }: Subject): boolean =>
    calm < step.calmSamples &&
    samples.length < (lost_s < step.patience_s ? step.maxSamples : step.hurriedSamples);
  let before_s = await glance();
  for (let open = subjects.filter(isOpen); open.length > 0; open = open.filter(isOpen))
    for (const subject of shuffled(open, random)) {
      const start_s = clock.now_s();
      const batches = await takeBatches(execution, step, subject);
      const after_s = await glance();
      const canary_s = Math.max(before_s, after_s);
      before_s = after_s;
      subject.samples.push({ batches, canary_s });
      if (canary?.isCalm(canary_s) ?? true) subject.calm++;
      else {
        if (lost_s < step.patience_s) await clock.spin(step.pause_s);
        lost_s += clock.now_s() - start_s;
      }
      check();
    }
  emit({ kind: "waited", duration_s: lost_s });
}

async function takeBatches(
  { machine: { clock }, check }: Execution,
  { warmRuns, plainPerSample, profiledPerSample }: SampleStep,
  { plain, profiled }: Subject,
): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  const take = async (kind: Kind, count: number, isProfiled: boolean): Promise<void> => {
    for (let i = 0; i < count; i++) {
      check();
      const start_s = clock.now_s();
      const duration_s = await kind.model.run(kind.runs);
      batches.push({ start_s, duration_s, runs: kind.runs, profiled: isProfiled });
    }
  };
  if (warmRuns > 0) await plain.model.run(warmRuns);
  await take(plain, plainPerSample, false);
  if (profiled) await take(profiled, profiledPerSample, true);
  return batches;
}

/** Closes every subject, also after one failed: each holds memory, and space on the disk. */
async function closeAll(
  execution: Execution,
  step: SampleStep,
  subjects: readonly Subject[],
): Promise<void> {
  const failures: unknown[] = [];
  for (const subject of subjects)
    await closeAndReport(execution, step, subject).catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Closes what was opened; reports what was sampled, nothing when the script was stopped before. */
async function closeAndReport(
  { emit }: Execution,
  { calmSamples }: SampleStep,
  { name, plain, profiled, samples }: Subject,
): Promise<void> {
  await plain.model.close();
  const nodeTimes = await profiled?.model.finish();
  if (samples.length === 0 && calmSamples > 0) return;
  const { fallback } = plain.model;
  emit({
    ...batchesRecord(name, plain.warmUpRuns, samples),
    ...(fallback === undefined ? {} : { fallback }),
  });
  if (profiled && nodeTimes) emit(nodesRecord(name, profiled, nodeTimes));
}

function batchesRecord(
  model: string,
  warmUpRuns: number,
  samples: readonly Sample[],
): BatchesRecord {
  const batches = samples.flatMap((sample, i) =>
    sample.batches.map((batch) => ({ ...batch, canary_s: sample.canary_s, sample: i })),
  );
  return {
    kind: "batches",
    model,
    warmUpRuns,
    start_s: Float64Array.from(batches, ({ start_s }) => start_s),
    duration_s: Float64Array.from(batches, ({ duration_s }) => duration_s),
    runs: Uint32Array.from(batches, ({ runs }) => runs),
    profiled: Uint8Array.from(batches, ({ profiled }) => (profiled ? 1 : 0)),
    sample: Uint32Array.from(batches, ({ sample }) => sample),
    canary_s: Float64Array.from(batches, ({ canary_s }) => canary_s),
  };
}

/** The log goes on over all profiled batches, after those of the warm-up. */
function nodesRecord(
  model: string,
  { warmUpBatches }: Kind,
  { layers, nodes, batches, emptyNode_s }: NodeTimes,
): NodesRecord {
  const taken = batches.slice(warmUpBatches);
  const empty_s = emptyNode_s.slice(warmUpBatches);
  return {
    kind: "nodes",
    model,
    layers,
    nodes: Uint32Array.from(nodes),
    times_s: Float64Array.from(taken.flatMap((times_s) => [...times_s])),
    emptyNode_s: Float64Array.from(taken, (_, i) => empty_s[i] ?? Number.NaN),
  };
}
