import type { Clock, Device, LoadedModel, Meter, Model } from "../../devices/index.ts";
import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";

/** A machine whose every cost is a formula and whose clock stands still unless something runs. */
export interface Physics {
  /** Time of a kernel, s. */
  readonly kernel_s?: (kernel: Kernel) => number;
  readonly overhead_s?: number;
  /** Everything takes this much longer at the moment; 1 by default. */
  readonly slowdown?: (time_s: number) => number;
  /** Power while a network runs; a meter is there only with it. */
  readonly power_w?: number;
  readonly idlePower_w?: number;
  /** Called after every batch of runs. */
  readonly onBatch?: () => void;
}

/** Time per multiply-accumulate-ish unit of work: makes costs grow with widths. */
export const linearKernel = ({ inChannels, outChannels }: Kernel): number =>
  1e-6 * (1 + 0.05 * inChannels + 0.02 * outChannels + 0.01 * inChannels * outChannels);

/** With steps of 16 along the output. */
export const steppedKernel = (kernel: Kernel): number =>
  linearKernel({ ...kernel, outChannels: 16 * Math.ceil(kernel.outChannels / 16) });

export function simulatedDevice(physics: Physics = {}): Device {
  const { overhead_s = 15e-6, kernel_s = linearKernel, slowdown = () => 1 } = physics;
  const world = simulatedWorld(physics);
  const load = async ({ network, batch }: Model): Promise<LoadedModel> => {
    const kernels = kernelsOf(network, { batch });
    const times_s = Float64Array.from(kernels, ({ kernel }) => kernel_s(kernel));
    const latency_s = times_s.reduce((sum, time) => sum + time, overhead_s);
    const run = async (runs: number, factor = 1): Promise<number> => {
      const elapsed_s = runs * latency_s * factor * slowdown(world.clock.now_s());
      world.work(elapsed_s);
      physics.onBatch?.();
      return elapsed_s;
    };
    return {
      run: (runs) => run(runs),
      runBatches: inARow(run),
      profiled: async () => {
        let logged = 0;
        const runLogged = async (runs: number): Promise<number> => {
          logged += runs;
          return run(runs, 2);
        };
        return {
          run: runLogged,
          runBatches: inARow(runLogged),
          finish: async () => ({
            layers: kernels.map(({ layer }) => layer),
            runs: Array.from({ length: logged }, () => times_s),
          }),
        };
      },
      close: async () => undefined,
    };
  };
  return {
    id: "simulated",
    identity: {
      device: "simulated",
      processor: "formula",
      runtime: "formula",
      runtimeVersion: "1",
      precision: "float32",
      threads: 1,
      powerMode: "fixed",
    },
    details: {},
    transport: {
      kind: "local",
      readText: async () => undefined,
      whyUnreadable: async () => "ENOENT",
      list: async () => [],
      close: async () => undefined,
    },
    runtime: {
      id: "formula",
      version: "1",
      close: async () => undefined,
      probe: async () => ({ ok: true }),
      load,
    },
    meter: world.meter,
    clock: world.clock,
    state: async () => ({ cores: 1 }),
    close: async () => undefined,
  };
}

/** One batch after the other. */
const inARow =
  (run: (runs: number) => Promise<number>) =>
  async (runs: number, batches: number): Promise<readonly number[]> => {
    const times_s: number[] = [];
    while (times_s.length < batches) times_s.push(await run(runs));
    return times_s;
  };

const tick_s = 1e-3;
const reading_s = 1e-4;

function simulatedWorld({ power_w, idlePower_w = 2 }: Physics) {
  let time_s = 0;
  let energy_j = 0;
  let tick = { at_s: 0, energy_j: 0 };
  const pass = (duration_s: number, watts: number): void => {
    time_s += duration_s;
    energy_j += duration_s * watts;
    if (time_s - tick.at_s >= tick_s) tick = { at_s: time_s, energy_j };
  };
  const clock: Clock = {
    step_s: 1e-9,
    now_s: () => time_s,
    timestamp: () => new Date(1e3 * time_s).toISOString(),
    sleep: async (duration_s) => pass(duration_s, idlePower_w),
  };
  const rail = { id: "package", label: "package", domain: "package", counted: true } as const;
  const meter: Meter = {
    id: power_w === undefined ? "none" : "rapl",
    probe: async () => ({ ok: true }),
    describe: async () => ({
      id: "rapl",
      quality: "measured",
      rails: power_w === undefined ? [] : [{ ...rail, maxPower_w: 100 }],
      caveats: [],
    }),
    read: async () => {
      pass(reading_s, idlePower_w);
      return power_w === undefined ? [] : [{ rail: rail.id, time_s, energy_j: tick.energy_j }];
    },
    close: async () => undefined,
  };
  return { clock, meter, work: (duration_s: number) => pass(duration_s, power_w ?? 0) };
}
