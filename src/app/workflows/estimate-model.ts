import {
  type CostTable,
  describeKernel,
  estimateSteps,
  isKnown,
  type ModelEstimate,
  type PlatformSummary,
  type StepEstimate,
} from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import {
  type ImportedModel,
  isConversion,
  kernelOfStep,
  type ModelStep,
} from "../../network/import/index.ts";
import { describeShape } from "../../network/network.ts";
import { bytesPerValue } from "../../network/work.ts";

/** A foreign model's cost on a platform, and what of it the table knows. */
export interface ModelReport {
  readonly model: ImportedModel;
  readonly estimate: ModelEstimate;
  /** Operators whose steps are guessed, by time: most first. */
  readonly guessed: readonly GuessedOperator[];
}

export interface GuessedOperator {
  readonly op: string;
  readonly steps: number;
  readonly macsShare: number;
  readonly latencyShare: number;
  /** "not measured" where the table lacks the kernel, "no layer" where no kind of layer is that. */
  readonly reason: "not measured" | "no layer";
}

/** The one of several platforms that computes in a model's precision; undefined where none does, or several do. */
export function platformInPrecision(
  platforms: readonly PlatformSummary[],
  { precision }: ImportedModel,
): PlatformSummary | undefined {
  const [found, ...others] = platforms.filter((platform) => platform.precision === precision);
  return others.length === 0 ? found : undefined;
}

/**
 * Estimates every step of a model from the tables of one platform, the one to trust most first. Throws a UserError for a model in
 * float32 on a platform of integers; integers on one of float32 are guessed.
 */
export function estimateModel(model: ImportedModel, tables: readonly CostTable[]): ModelReport {
  const isOfIntegers = tables[0]?.platform.precision === "int8";
  if (isOfIntegers && model.precision !== "int8")
    throw new UserError("The model computes in float32, and the platform in int8", {
      hint: "Choose a platform of float32 by --platform, or profile one: wattsplit profile --precision float32.",
      exit: "unavailable",
    });
  const own = isOfIntegers ? onIntegers(model) : model;
  const asked = own.steps.map((step) => {
    const kernel = kernelOfStep(step, own.batch);
    return { name: step.name, work: step.work, ...(kernel ? { kernel } : {}) };
  });
  const estimate = estimateSteps(tables, asked);
  return { model: own, estimate, guessed: guessedOperators(own, estimate) };
}

/**
 * A model as a platform of int8 knows its kernels: which numbers they compute in is the platform's, not the kernel's, and what
 * converts them at both ends belongs to the first and the last of them. What is computed in float32 takes four times the bytes.
 */
function onIntegers(model: ImportedModel): ImportedModel {
  const isInner = (step: ModelStep): boolean => !isConversion(step);
  return {
    ...model,
    steps: model.steps.filter(isInner).map(({ work, dtype, ...step }) => {
      const bytes = dtype === "int8" ? bytesPerValue.float32 : bytesPerValue.float32 ** 2;
      return {
        ...step,
        dtype: "float32",
        work: {
          ...work,
          dtype: "float32",
          movedBytes: (bytes * work.movedBytes) / bytesPerValue[dtype],
          weightBytes: (bytes * work.weightBytes) / bytesPerValue[dtype],
        },
      };
    }),
  };
}

function guessedOperators(
  { steps }: ImportedModel,
  estimate: ModelEstimate,
): readonly GuessedOperator[] {
  const macs = steps.reduce((sum, { work }) => sum + work.macs, 0);
  const groups = new Map<string, GuessedOperator>();
  for (const [i, { op, layer, work }] of steps.entries()) {
    const cost = estimate.steps[i]?.cost;
    if (!cost || isKnown(cost)) continue;
    const reason = layer ? "not measured" : "no layer";
    const before = groups.get(`${op} ${reason}`);
    groups.set(`${op} ${reason}`, {
      op,
      reason,
      steps: (before?.steps ?? 0) + 1,
      macsShare: (before?.macsShare ?? 0) + (macs > 0 ? work.macs / macs : 0),
      latencyShare: (before?.latencyShare ?? 0) + cost.latency_s / estimate.latency_s,
    });
  }
  return [...groups.values()].sort((a, b) => b.latencyShare - a.latencyShare);
}

/** The kernel as people read it, else the operator and its shapes. */
export function describeStep(
  { op, in: input, out }: ImportedModel["steps"][number],
  { kernel }: StepEstimate,
): string {
  return kernel
    ? describeKernel(kernel)
    : `${op}, ${describeShape(input)} to ${describeShape(out)}`;
}

/** The layers' shares as a figure draws them, the call at the end. */
export const shareRows = ({ estimate }: ModelReport) => [
  ...estimate.steps.map(({ name, cost }) => ({
    layer: name,
    latency_s: cost.latency_s,
    ...(cost.energy_j === undefined ? {} : { energy_j: cost.energy_j }),
    provenance: cost.provenance,
  })),
  { layer: "call", latency_s: estimate.overhead_s, provenance: "interpolated" as const },
];

/** Why a table of another precision than the model's knows few of its steps; undefined where both are the same. */
export const precisionNote = (
  { model }: Pick<ModelReport, "model">,
  { platform }: Pick<CostTable, "platform">,
): string | undefined =>
  model.precision === platform.precision
    ? undefined
    : `The model computes in ${model.precision} and the table's kernels in ${platform.precision}: its steps are predicted from their work`;

/** What leaves the program. */
export const modelDocument = (
  { model, estimate, guessed }: ModelReport,
  { source, platform }: Pick<CostTable, "source" | "platform">,
) => ({
  model: model.name,
  opset: model.opset,
  precision: model.precision,
  tablePrecision: platform.precision,
  batch: model.batch,
  ...costOf(estimate),
  overhead_s: estimate.overhead_s,
  guessedShare: estimate.guessedShare,
  macs: model.steps.reduce((sum, { work }) => sum + work.macs, 0),
  guessed: [...guessed],
  layers: estimate.steps.map(({ name, kernel, work, cost }, i) => ({
    layer: name,
    op: model.steps[i]?.op ?? "",
    nodes: [...(model.steps[i]?.nodes ?? [])],
    ...(kernel ? { kernel } : {}),
    macs: work.macs,
    ...cost,
  })),
  source,
});

const costOf = ({ steps: _, overhead_s: __, guessedShare: ___, ...cost }: ModelEstimate) => cost;
