import type { LoadedModel } from "../runtime.ts";
import type { AwaitCalmStep, CanaryRule, MeasurementScript } from "../script.ts";
import type { Canary, Execution, ResidentCanary } from "./execution.ts";
import type { Machine } from "./machine.ts";

const warmUpRuns = 10;

export async function canaryOn(
  { runtime }: Machine,
  resident: ResidentCanary,
  { canary: rule, threads }: MeasurementScript,
): Promise<Canary | undefined> {
  if (!rule) return undefined;
  if (resident.name !== rule.model.name) {
    await resident.model?.close();
    resident.name = rule.model.name;
    resident.model = await runtime.load(rule.model, { threads });
  }
  const { model } = resident;
  if (!model) throw new Error(`Canary "${rule.model.name}" is not loaded`);
  await model.run(warmUpRuns);
  const runs = Math.max(1, Math.round(rule.batch_s / ((await model.run(warmUpRuns)) / warmUpRuns)));
  const { baseline_s = Number.POSITIVE_INFINITY, allowedSlowdown } = rule;
  return {
    glance: () => glance(model, rule, runs),
    isCalm: (latency_s) => latency_s <= allowedSlowdown * baseline_s,
  };
}

async function glance(model: LoadedModel, rule: CanaryRule, runs: number): Promise<number> {
  if (rule.warmed) await model.run(runs);
  let fastest_s = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < rule.batchesPerGlance; batch++)
    fastest_s = Math.min(fastest_s, (await model.run(runs)) / runs);
  return fastest_s;
}

export async function awaitCalm(
  { canary, machine: { clock }, check, emit }: Execution,
  { limit_s }: AwaitCalmStep,
): Promise<void> {
  if (!canary) return;
  const start_s = clock.now_s();
  while (!canary.isCalm(await canary.glance()) && clock.now_s() - start_s < limit_s) check();
  emit({ kind: "waited", duration_s: clock.now_s() - start_s });
}
