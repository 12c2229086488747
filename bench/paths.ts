import { parseArgs } from "node:util";
import { loadDataset, pick } from "../src/datasets/index.ts";
import {
  type OperatorSpace,
  type Path,
  pathNetwork,
} from "../src/network/blocks/operator-space.ts";
import { initialWeights } from "../src/network/initial-weights.ts";
import { findPreset } from "../src/network/presets.ts";
import { type Random, seededRandom, shuffled } from "../src/random.ts";
import { median } from "../src/statistics.ts";
import { createEngine, type Engine } from "../src/tensor/index.ts";
import { sgd } from "../src/training/optimizers.ts";
import { PathTrainer } from "../src/training/paths/path-trainer.ts";
import { steadySchedule } from "../src/training/schedule.ts";
import { Trainer } from "../src/training/trainer.ts";
import { freshState } from "../src/training/training-state.ts";

/**
 * A training step along a path in parts, against the same step of the path's network in one piece, and what compiling takes; for
 * the supernets of a search in stages (its later blocks, then its early ones) and of one in a single stage.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      net: { type: "string", default: "hurricane-cifar" },
      data: { type: "string", default: "cifar10" },
      paths: { type: "string", default: "6" },
      steps: { type: "string", default: "12" },
      rounds: { type: "string", default: "3" },
      threads: { type: "string", default: "1" },
      batch: { type: "string", default: "64" },
    },
  });
  const space = findPreset(values.net).operators?.({});
  if (!space) throw new Error(`Preset ${values.net} has no operators`);
  const engine = await createEngine({ backend: "onnx-cpu", threads: Number(values.threads) });
  try {
    const { train } = await loadDataset(values.data);
    const batch = Number(values.batch);
    const split = pick(train, [...Array(Number(values.steps) * batch).keys()]);
    const random = seededRandom(1);
    const work = { engine, split, batch, rounds: Number(values.rounds) };
    const rows: Row[] = [];
    for (const [stage, isActive] of Object.entries(stages)) {
      const choices = space.blocks.map((_, block) => {
        const names = shuffled(space.operators, random).map(({ name }) => name);
        return names.slice(0, isActive(block, space) ? space.perBlock : 1);
      });
      for (let i = 0; i < Number(values.paths); i++)
        rows.push({ stage, ...(await compare(space, choices, { ...work, random })) });
    }
    console.table(rows);
    for (const stage of Object.keys(stages)) {
      const own = rows.filter((row) => row.stage === stage);
      const of = (ratio: (row: Row) => number) => median(own.map(ratio)).toFixed(2);
      console.log(
        `${stage}: median ratio ${of(({ ratio }) => ratio)}; with a part for every block ${of((row) => row.ratio_of_blocks)}`,
      );
    }
  } finally {
    await engine.close();
  }
}

/** Blocks that keep several operators. */
const stages: Readonly<Record<string, (block: number, space: OperatorSpace) => boolean>> = {
  later: (block, { earlyBlocks }) => block >= earlyBlocks,
  early: (block, { earlyBlocks }) => block < earlyBlocks,
  single: () => true,
};

const optimizer = sgd({ nesterov: true, weightDecay: 1e-4 });

interface Row extends Compared {
  readonly stage: string;
}

interface Compared {
  readonly path: string;
  readonly whole_ms: number;
  readonly parts_ms: number;
  /** Every block a part of its own. */
  readonly blocks_ms: number;
  readonly ratio: number;
  readonly ratio_of_blocks: number;
  /** First epoch less a later one: what compiling takes. */
  readonly compile_whole_ms: number;
  readonly compile_parts_ms: number;
}

interface Work {
  readonly engine: Engine;
  readonly split: Parameters<Trainer["epoch"]>[1]["split"];
  readonly batch: number;
  readonly rounds: number;
  readonly random: Random;
}

async function compare(
  space: OperatorSpace,
  choices: readonly (readonly string[])[],
  { engine, split, batch, rounds, random }: Work,
): Promise<Compared> {
  const path: Path = choices.map((names) => names[random.below(names.length)] ?? "");
  const network = pathNetwork(space, path);
  const state = freshState(network, initialWeights(network, seededRandom(0)), optimizer);
  const options = () => ({
    split,
    batch,
    schedule: steadySchedule(0.01),
    span: [0, 1] as const,
    random: seededRandom(0),
    drawPath: () => path,
  });
  const counts = choices.map(({ length }) => length);
  const trainers = {
    whole: new Trainer(engine, network, optimizer),
    parts: new PathTrainer(engine, space, optimizer, { choices: counts }),
    blocks: new PathTrainer(engine, space, optimizer),
  };
  const times = { whole: [] as number[], parts: [] as number[], blocks: [] as number[] };
  const steps = Math.floor(split.count / batch);
  for (let round = 0; round <= rounds; round++)
    for (const name of ["whole", "parts", "blocks"] as const) {
      const started = performance.now();
      await trainers[name].epoch(state, options());
      times[name].push((performance.now() - started) / steps);
    }
  for (const trainer of Object.values(trainers)) await trainer.release();
  const fastest = ([_, ...later]: readonly number[]) => Math.min(...later);
  const compile = (all: readonly number[]) => round2(steps * ((all[0] ?? 0) - fastest(all)));
  const [whole_ms, parts_ms, blocks_ms] = [
    fastest(times.whole),
    fastest(times.parts),
    fastest(times.blocks),
  ];
  return {
    path: path.join(" "),
    whole_ms: round2(whole_ms),
    parts_ms: round2(parts_ms),
    blocks_ms: round2(blocks_ms),
    ratio: round2(parts_ms / whole_ms),
    ratio_of_blocks: round2(blocks_ms / whole_ms),
    compile_whole_ms: compile(times.whole),
    compile_parts_ms: compile(times.parts),
  };
}

const round2 = (value: number): number => Number(value.toFixed(2));
