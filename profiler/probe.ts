import type { Device } from "../devices/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import type { Layer } from "../src/network/layer.ts";
import type { Network } from "../src/network/network.ts";
import { seededRandom } from "../src/random.ts";
import { quantile } from "../src/statistics.ts";

/** A fixed network that stays loaded and shows how fast the machine is at the moment. */
export interface Probe {
  /** Its latency now over what is usual for this machine undisturbed: about 1, more while disturbed. */
  slowdown(): Promise<number>;
  /** Waits until the machine is no slower than allowed, up to a limit, s. */
  awaitCalm(allowedSlowdown: number, limit_s: number): Promise<void>;
  close(): Promise<void>;
}

/** Small enough to stay in any cache, and the same for every space, so that runs can be compared by it. */
export const probeNetwork: Network = {
  name: "probe",
  input: { height: 16, width: 16, channels: 8 },
  layers: [
    probeLayer("conv1"),
    probeLayer("conv2"),
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: 10, bias: true, activation: "linear" },
  ],
};

function probeLayer(name: string): Layer {
  return {
    kind: "conv2d",
    name,
    width: 16,
    kernelSize: 3,
    stride: 1,
    padding: "same",
    bias: true,
    batchNorm: false,
    activation: "relu",
  };
}

const weightsSeed = 11;
/** A glance is the fastest of three batches this long, s. */
const batch_s = 3e-4;
const batchesPerGlance = 3;
/** Looks for the undisturbed speed this long before anything is measured, s. */
const firstLook_s = 2;
const pollEvery_s = 0.1;
/** The undisturbed speed is at this quantile of all glances: disturbances only ever slow down. */
const undisturbed = 0.1;

/** Loads the probe network and looks for the undisturbed speed of the machine. */
export async function openProbe(device: Device): Promise<Probe> {
  const { clock, runtime, identity } = device;
  const weights = randomWeights(probeNetwork, seededRandom(weightsSeed));
  const model = await runtime.load(
    { network: probeNetwork, weights, batch: 1 },
    { threads: identity.threads },
  );
  await model.run(10);
  const runs = Math.max(1, Math.round(batch_s / ((await model.run(10)) / 10)));
  const glances: number[] = [];
  const glance = async (): Promise<number> => {
    // The first batch brings the probe back into cache.
    const [, ...times_s] = await model.runBatches(runs, batchesPerGlance + 1);
    const latency_s = Math.min(...times_s) / runs;
    glances.push(latency_s);
    return latency_s;
  };
  const start_s = clock.now_s();
  while (clock.now_s() - start_s < firstLook_s) await glance();
  const slowdown = async () => (await glance()) / quantile(glances, undisturbed);
  return {
    slowdown,
    awaitCalm: async (allowedSlowdown, limit_s) => {
      const end_s = clock.now_s() + limit_s;
      while ((await slowdown()) > allowedSlowdown && clock.now_s() < end_s)
        await clock.sleep(pollEvery_s);
    },
    close: () => model.close(),
  };
}
