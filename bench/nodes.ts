import { parseArgs } from "node:util";
import { splittableGroups } from "../search/splitting/groups.ts";
import { splittingStep } from "../search/splitting/splitting-step.ts";
import { withoutBatchNorm } from "../src/network/folded-weights.ts";
import type { Network } from "../src/network/network.ts";
import { findPreset } from "../src/network/presets.ts";
import { machineTarget } from "../src/tensor/engine/onnx-engine.ts";
import { traceGraph } from "../src/tensor/index.ts";
import { sgd } from "../src/training/optimizers.ts";
import { evaluationStep, type StepProgram, trainStep } from "../src/training/train-step.ts";
import { type NodeTime, nodeTimes } from "./node-times.ts";

const programs: Readonly<Record<string, (network: Network, batch: number) => StepProgram>> = {
  train: (network, batch) => trainStep(network, sgd(), { batch }),
  forward: (network, batch) => evaluationStep(withoutBatchNorm(network), { batch }),
  splitting: (network, batch) => splittingStep(network, neurons(network), { batch }),
};

/** The groups whose neurons a search would split. */
const neurons = (network: Network) =>
  splittableGroups(network).filter(({ reason, isLinear }) => reason === undefined && !isLinear);

/** Where a program's time goes: the fastest run of every node, added up by operator and shapes. */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      net: { type: "string", default: "mobilenet-v1-cifar" },
      width: { type: "string", default: "0.5" },
      batch: { type: "string", default: "64" },
      threads: { type: "string", default: "1" },
      program: { type: "string", default: "train" },
      by: { type: "string", default: "op" },
      top: { type: "string", default: "40" },
    },
  });
  const network = findPreset(values.net).build({ multiplier: Number(values.width) });
  const make = programs[values.program] ?? programs.train;
  if (!make) throw new Error("No program");
  const { fn, inputs, state } = make(network, Number(values.batch));
  const threads = Number(values.threads);
  const target = await machineTarget("onnx-cpu", threads);
  const graph = traceGraph("nodes", fn, inputs, { target, state });
  const times = await nodeTimes(graph, { threads });
  console.table(summed(times, values.by === "op" ? byOperator : byShapes, Number(values.top)));
}

const byOperator = ({ op }: NodeTime): string => op;
const byShapes = ({ op, inputs, outputs }: NodeTime): string =>
  `${op} ${inputs.map((shape) => shape.join("x")).join(" ")} > ${outputs.map((shape) => shape.join("x")).join(" ")}`;

function summed(
  times: readonly NodeTime[],
  keyOf: (time: NodeTime) => string,
  top: number,
): readonly object[] {
  const sums = new Map<string, { nodes: number; microseconds: number }>();
  for (const time of times) {
    const sum = sums.get(keyOf(time)) ?? { nodes: 0, microseconds: 0 };
    sums.set(keyOf(time), {
      nodes: sum.nodes + 1,
      microseconds: sum.microseconds + time.microseconds,
    });
  }
  const rows = [...sums].sort(([, one], [, other]) => other.microseconds - one.microseconds);
  const total = times.reduce((sum, { microseconds }) => sum + microseconds, 0);
  return [
    { nodes: times.length, of: "all", ms: round(total / 1000) },
    ...rows.slice(0, top).map(([of, { nodes, microseconds }]) => ({
      nodes,
      of,
      ms: round(microseconds / 1000),
    })),
  ];
}

const round = (value: number): number => Math.round(value * 100) / 100;
