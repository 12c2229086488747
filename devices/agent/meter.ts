import { shuffled } from "../../src/random.ts";
import type { Meter, MeterSample } from "../meter.ts";
import type { MeterRecord, RawWindow } from "../raw.ts";
import type { MeterLookStep, MeterStep } from "../script.ts";
import { type Execution, modelOf } from "./execution.ts";
import { mark } from "./marker.ts";
import { batchRuns } from "./warm-up.ts";

/** The idle meter's readings for a while. */
export async function meterLook(
  { machine: { meter, clock }, emit }: Execution,
  { duration_s, period_s }: MeterLookStep,
): Promise<void> {
  const samples = await whileMetered(meter, period_s, () => clock.sleep(duration_s));
  emit({ kind: "meter", samples, windows: [], ...notesOf(meter) });
}

/** Idle and load windows by turns; see `MeterStep`. */
export async function meterModels(execution: Execution, step: MeterStep): Promise<void> {
  const { machine, random, emit } = execution;
  const windows: RawWindow[] = [];
  const { marker_s } = step;
  const marker = async (): Promise<void> => {
    if (marker_s !== undefined) windows.push(...(await mark(execution, step, marker_s)));
  };
  const samples = await whileMetered(machine.meter, step.period_s, async () => {
    await marker();
    for (let round = 0; round < step.rounds; round++)
      for (const model of shuffled(step.models, random)) {
        windows.push(await idleWindow(execution, step));
        windows.push(await loadWindow(execution, step, model));
      }
    windows.push(await idleWindow(execution, step));
    await marker();
  });
  emit({ kind: "meter", samples, windows, ...notesOf(machine.meter) });
}

function notesOf(meter: Meter): Pick<MeterRecord, "notes"> {
  const notes = meter.notes?.() ?? [];
  return notes.length > 0 ? { notes } : {};
}

async function whileMetered(
  meter: Meter,
  period_s: number,
  work: () => Promise<void>,
): Promise<readonly MeterSample[]> {
  const samples: MeterSample[] = [];
  await meter.start({ period_s });
  const collected = (async () => {
    for await (const sample of meter.samples()) samples.push(sample);
  })();
  try {
    await work();
  } finally {
    await meter.stop();
    await collected;
  }
  return samples;
}

/** A random part of a second more, so that windows do not stay in step with a sensor that reads part of the time. */
async function idleWindow(
  { machine: { clock }, random, check }: Execution,
  { settle_s, idle_s }: MeterStep,
): Promise<RawWindow> {
  check();
  await clock.sleep(settle_s * (1 + random.uniform()));
  const start_s = clock.now_s();
  await clock.sleep(idle_s);
  return {
    kind: "idle",
    start_s,
    end_s: clock.now_s(),
    batchEnd_s: new Float64Array(0),
    batchRuns: new Uint32Array(0),
  };
}

async function loadWindow(
  { machine: { runtime, clock }, script, check }: Execution,
  step: MeterStep,
  name: string,
): Promise<RawWindow> {
  const model = await runtime.load(modelOf(script, name), { threads: script.threads });
  const ends_s: number[] = [];
  let done = 0;
  try {
    let runs = 1;
    for (const start_s = clock.now_s(); clock.now_s() < start_s + step.warmUp_s; ) {
      check();
      runs = batchRuns(step.batch_s, (await model.run(runs)) / runs);
    }
    const start_s = clock.now_s();
    while (clock.now_s() < start_s + step.window_s || done < step.minInferences) {
      check();
      await model.run(runs);
      ends_s.push(clock.now_s());
      done += runs;
    }
    return {
      kind: "load",
      model: name,
      start_s,
      end_s: clock.now_s(),
      batchEnd_s: Float64Array.from(ends_s),
      batchRuns: new Uint32Array(ends_s.length).fill(runs),
    };
  } finally {
    await model.close();
  }
}
