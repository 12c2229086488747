import type { LoadedModel, NodeTimes, Runtime, ScriptModel } from "../../../devices/index.ts";
import { inBatches } from "../../../devices/runtimes/ort-trace.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import type { Network } from "../../../src/network/network.ts";
import { decodeModel } from "../../../src/onnx/index.ts";
import { type Random, seededRandom } from "../../../src/random.ts";
import type { VirtualClock } from "./clock.ts";
import type { Disturbances } from "./disturbances.ts";
import type { Physics, ProfilerRules } from "./physics.ts";

/** A node of a loaded model: its kernel's undisturbed time, s, and its layer; none where nothing is computed. */
interface Node {
  readonly layer: string | undefined;
  readonly time_s: number;
}

/** A model in memory: every load has a speed of its own. */
interface Loaded {
  readonly nodes: readonly Node[];
  readonly speed: number;
  readonly latency_s: number;
}

/** What runs share. */
interface World {
  readonly physics: Physics;
  readonly clock: VirtualClock;
  readonly disturbances: Disturbances;
  readonly random: Random;
}

/** Runs networks by formula on a virtual clock. */
export function simulatedRuntime(
  physics: Physics,
  clock: VirtualClock,
  disturbances: Disturbances,
): Runtime {
  const world = { physics, clock, disturbances, random: seededRandom(physics.seed + 1) };
  const { profiler } = physics;
  return {
    id: "formula",
    version: "1",
    build: async () => "formula",
    probe: async () => ({ ok: true }),
    load: async (model): Promise<LoadedModel> => {
      const loaded = loadedOf(world, model);
      return {
        run: async (runs) => run(world, loaded.latency_s, runs).elapsed_s,
        close: async () => undefined,
      };
    },
    ...(profiler ? { profile: async (model) => profiled(world, profiler, model) } : {}),
  };
}

function loadedOf({ physics, random }: World, model: ScriptModel): Loaded {
  const nodes = nodesOf(model, physics);
  const undisturbed_s = nodes.reduce(
    (sum, { time_s }) => sum + physics.node_s + time_s,
    physics.call_s,
  );
  const speed = Math.exp(physics.loadSd(undisturbed_s) * random.normal());
  return { nodes, speed, latency_s: speed * undisturbed_s };
}

function nodesOf({ bytes, inputs }: ScriptModel, physics: Physics): readonly Node[] {
  const { metadata } = decodeModel(bytes);
  if (!metadata?.network)
    return Array.from({ length: inputs.length }, () => ({
      layer: undefined,
      time_s: 0,
    }));
  // Written by scriptModel.
  const network = JSON.parse(metadata.network) as Network;
  const kernels = kernelsOf(network, { batch: Number(metadata.batch) });
  return [
    ...kernels.map(({ layer, kernel }) => ({
      layer,
      time_s: physics.kernel_s(kernel),
    })),
    { layer: undefined, time_s: 0 },
  ];
}

/** Longest stretch over which the speed is taken for constant, s. */
const slice_s = 1e-3;

/** Passes the time of runs; returns it, and how much slower than undisturbed they were. */
function run(
  { physics, clock, disturbances, random }: World,
  latency_s: number,
  runs: number,
): { readonly elapsed_s: number; readonly slowdown: number } {
  const start_s = clock.now_s();
  const sensitivity = physics.disturbance.sensitivity(latency_s);
  const jitter = 1 - physics.jitter * Math.log(1 - random.uniform());
  let left_s = runs * latency_s * jitter;
  const undisturbed_s = left_s / jitter;
  while (left_s > 0) {
    const step_s = Math.min(left_s, slice_s);
    clock.pass(step_s * disturbances.slowdown(clock.now_s(), sensitivity), "work");
    left_s -= step_s;
  }
  physics.onBatch?.();
  const elapsed_s = clock.now_s() - start_s;
  return { elapsed_s, slowdown: elapsed_s / undisturbed_s };
}

function profiled(world: World, rules: ProfilerRules, model: ScriptModel) {
  const { nodes, speed, latency_s } = loadedOf(world, model);
  const { layers } = model;
  const recording_s = rules.recording_s + rules.recordingSd_s * world.random.normal();
  const perRun_s = latency_s + rules.runPerNode_s * nodes.length;
  const runs: Float64Array[] = [];
  const emptyNode_s: number[] = [];
  const sizes: number[] = [];
  let records = 0;
  const record = (slowdown: number): void => {
    const times_s = new Float64Array(layers.length);
    let empty_s = 0;
    let empty = 0;
    for (const { layer, time_s } of nodes) {
      const extra_s = records++ % 3 === 0 ? rules.thirdExtra_s : 0;
      const true_s = slowdown * (speed * time_s + recording_s + extra_s);
      const shown_s = stepped(true_s, rules.resolution_s, world.random);
      if (layer === undefined) {
        empty_s += shown_s;
        empty++;
      } else times_s[layers.indexOf(layer)] = shown_s;
    }
    runs.push(times_s);
    if (empty > 0) emptyNode_s.push(empty_s / empty);
  };
  return {
    run: async (count: number) => {
      const { elapsed_s, slowdown } = run(world, perRun_s, count);
      sizes.push(count);
      for (let i = 0; i < count; i++) record(slowdown);
      return elapsed_s;
    },
    finish: async (): Promise<NodeTimes> =>
      inBatches({ layers, nodes: layers.map(() => 1), runs, emptyNode_s }, sizes),
  };
}

/** A duration as a clock shows it that steps: its start is anywhere between two steps. */
function stepped(duration_s: number, step_s: number, random: Random): number {
  const start = random.uniform();
  return step_s * (Math.floor(start + duration_s / step_s) - Math.floor(start));
}
