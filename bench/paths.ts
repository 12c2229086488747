import { parseArgs } from "node:util";
import { loadDataset, pick } from "../src/datasets/index.ts";
import {
  type OperatorSpace,
  type Path,
  pathNetwork,
} from "../src/network/blocks/operator-space.ts";
import { initialWeights } from "../src/network/initial-weights.ts";
import { findPreset } from "../src/network/presets.ts";
import { seededRandom } from "../src/random.ts";
import { median } from "../src/statistics.ts";
import { createEngine, type Engine } from "../src/tensor/index.ts";
import { sgd } from "../src/training/optimizers.ts";
import { PathTrainer } from "../src/training/paths/path-trainer.ts";
import { steadySchedule } from "../src/training/schedule.ts";
import { Trainer } from "../src/training/trainer.ts";
import { freshState } from "../src/training/training-state.ts";

/** A training step along a path in parts, against the same step of the path's network in one piece, and what compiling takes. */
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
    const rows: Row[] = [];
    for (let i = 0; i < Number(values.paths); i++) {
      const path = space.blocks.map(
        () => space.operators[random.below(space.operators.length)]?.name ?? "",
      );
      rows.push(
        await compare(space, path, { engine, split, batch, rounds: Number(values.rounds) }),
      );
    }
    console.table(rows);
    console.log(`median ratio ${median(rows.map(({ ratio }) => ratio)).toFixed(2)}`);
  } finally {
    await engine.close();
  }
}

const optimizer = sgd({ nesterov: true, weightDecay: 1e-4 });

interface Row {
  readonly path: string;
  readonly whole_ms: number;
  readonly parts_ms: number;
  readonly ratio: number;
  /** First epoch less a later one: what compiling takes. */
  readonly compile_whole_ms: number;
  readonly compile_parts_ms: number;
}

interface Work {
  readonly engine: Engine;
  readonly split: Parameters<Trainer["epoch"]>[1]["split"];
  readonly batch: number;
  readonly rounds: number;
}

async function compare(
  space: OperatorSpace,
  path: Path,
  { engine, split, batch, rounds }: Work,
): Promise<Row> {
  const network = pathNetwork(space, path);
  const state = freshState(network, initialWeights(network, seededRandom(0)), optimizer);
  const options = () => ({
    split,
    batch,
    schedule: steadySchedule(0.01),
    span: [0, 1] as const,
    random: seededRandom(0),
  });
  const whole = new Trainer(engine, network, optimizer);
  const parts = new PathTrainer(engine, space, optimizer);
  const times = { whole: [] as number[], parts: [] as number[] };
  const timed = async (epoch: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await epoch();
    return (performance.now() - started) / Math.floor(split.count / batch);
  };
  for (let round = 0; round <= rounds; round++) {
    times.whole.push(await timed(() => whole.epoch(state, options())));
    times.parts.push(await timed(() => parts.epoch(state, { ...options(), drawPath: () => path })));
  }
  await whole.release();
  await parts.release();
  const steps = Math.floor(split.count / batch);
  const fastest = ([_, ...later]: readonly number[]) => Math.min(...later);
  const [whole_ms, parts_ms] = [fastest(times.whole), fastest(times.parts)];
  const round2 = (value: number) => Number(value.toFixed(2));
  return {
    path: path.join(" "),
    whole_ms: round2(whole_ms),
    parts_ms: round2(parts_ms),
    ratio: round2(parts_ms / whole_ms),
    compile_whole_ms: round2(steps * ((times.whole[0] ?? 0) - whole_ms)),
    compile_parts_ms: round2(steps * ((times.parts[0] ?? 0) - parts_ms)),
  };
}
