import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CostAnswer,
  type CostTable,
  combineLoads,
  loadCosts,
  openTable,
  type StoredNetworkMeasurement,
} from "../../energy-db/index.ts";
import { planProfile, profile } from "../../profiler/index.ts";
import { type Kernel, kernelKey, kernelsOf } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { type Judged, judge, sizeOfKernel, sizeOfNetwork } from "./coverage.ts";
import {
  type Physics,
  type PowerRules,
  simulatedDevice,
  usualPhysics,
  usualPower,
} from "./simulated-device/index.ts";
import { disturbanceFactors, trueEnergy, truthOf } from "./simulated-device/truth.ts";

export interface PredictionOptions {
  readonly seed: number;
  readonly designNetworks: number;
  /** All of them metered. */
  readonly heldOutNetworks: number;
  readonly physics?: Physics;
  readonly power?: PowerRules;
}

/**
 * Profiles a space on a simulated machine as `profile` does, node times logged once per network, and judges what the table
 * answers of the networks held out: against the truth, and against what measuring them showed.
 */
export async function predictionSession(options: PredictionOptions): Promise<readonly Judged[]> {
  const { seed, physics: given = usualPhysics, power = usualPower, ...size } = options;
  const physics = { ...given, seed, power };
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-coverage-"));
  const table = openTable(join(folder, "table.db"), { mode: "write", create: true });
  try {
    const { device, clock, disturbances } = await simulatedDevice(physics);
    const start_s = clock.now_s();
    const random = seededRandom(seed);
    const drawn = planProfile({ ...space, ...size, seed });
    const networks = drawn.networks.map((one) => ({
      ...one,
      metered: one.metered || one.role === "held-out",
    }));
    const plan = { ...drawn, networks };
    const { platformId } = await profile({
      device,
      clock,
      table,
      plan,
      toolVersion: "test",
      random,
    });
    const rows = table.networkMeasurements(platformId, { role: "held-out" });
    const world = { physics, state: disturbances.meanState(start_s) };
    return judgeAnswers(loadCosts(table, platformId), rows, world).map((one) => ({
      ...one,
      session: seed,
    }));
  } finally {
    table.close();
    rmSync(folder, { recursive: true });
  }
}

const layers = ["conv1", "conv2", "conv3"];
const byLayer = (widths: readonly number[]) =>
  new Map(layers.map((layer, i) => [layer, widths[i] ?? 1]));
const space = {
  network: findPreset("mnist-cnn").build({}),
  floors: byLayer([4, 8, 8]),
  caps: byLayer([24, 64, 96]),
};

interface World {
  readonly physics: Physics & { readonly power: PowerRules };
  /** Mean of the machine's state over the session. */
  readonly state: number;
}

type Verdict = Omit<Judged, "session">;

function judgeAnswers(
  costs: CostTable,
  rows: readonly StoredNetworkMeasurement[],
  world: World,
): readonly Verdict[] {
  const factors = disturbanceFactors(world.physics);
  const measured = combineLoads(rows);
  return [
    ...measured.flatMap(({ network, floor, rows: loads }) => {
      const truth = truthOf(world.physics, network, factors, world.state);
      const size = sizeOfNetwork(truth.floor_s);
      const answer = costs.networkCost(network);
      const metered = loads.find(({ energy }) => energy)?.energy;
      return [
        judge("network predicted, truth", size, latencyIn(answer), truth.floor_s),
        judge("network predicted, measured", size, latencyIn(answer), floor.latency_s),
        judge(
          "energy predicted, truth",
          size,
          energyIn(answer),
          trueEnergy(truth, world.physics.power).gross_j,
        ),
        ...(metered
          ? [judge("energy predicted, measured", size, energyIn(answer), metered.gross.energy_j)]
          : []),
      ];
    }),
    ...distinctKernels(measured).flatMap(({ kernel, network }) =>
      judgeKernel(kernel, network, costs, { ...world, meanFactor: factors.mean }),
    ),
  ];
}

/** In any of the networks that hold it: they feel the machine's state alike. */
const distinctKernels = (networks: readonly { readonly network: Network }[]) => [
  ...new Map(
    networks.flatMap(({ network }) =>
      kernelsOf(network).map(({ kernel }) => [kernelKey(kernel), { kernel, network }] as const),
    ),
  ).values(),
];

/** Below this a kernel is shorter than a step of the profiler's clock, s. */
const step_s = 1e-6;

function judgeKernel(
  kernel: Kernel,
  network: Network,
  costs: CostTable,
  { physics, state, meanFactor }: World & { readonly meanFactor: number },
): readonly Verdict[] {
  const network_s = truthOf(physics, network, { median: 1, mean: 1 }, state).floor_s;
  const feels = Math.exp(physics.disturbance.sensitivity(network_s) * state);
  const true_s = (physics.node_s + physics.kernel_s(kernel)) * feels;
  const answer = costs.cost(kernel);
  const size = sizeOfKernel(true_s);
  if (true_s < step_s)
    return [judge("kernel below 1 µs, predicted", size, latencyIn(answer), true_s)];
  const true_j = physics.power.run_w * meanFactor * true_s;
  return [
    judge("kernel predicted, truth", size, latencyIn(answer), true_s),
    judge("kernel energy predicted, truth", size, energyIn(answer), true_j),
  ];
}

const latencyIn = ({ latency_s, latency_low_s, latency_high_s }: CostAnswer) => ({
  value: latency_s,
  low: latency_low_s,
  high: latency_high_s,
});

function energyIn({ energy_j, energy_low_j, energy_high_j }: CostAnswer) {
  if (energy_j === undefined || energy_low_j === undefined || energy_high_j === undefined)
    throw new Error("A metered table answers without energy");
  return { value: energy_j, low: energy_low_j, high: energy_high_j };
}
