import type { Device } from "../devices/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import type { Network } from "../src/network/network.ts";
import { seededRandom } from "../src/random.ts";
import { quantile } from "../src/statistics.ts";

/** A fixed network that stays loaded and shows how fast the machine is at the moment. */
export interface Probe {
  /** Its latency now over what is usual for this machine undisturbed: about 1, more while disturbed. */
  slowdown(): Promise<number>;
  close(): Promise<void>;
}

const weightsSeed = 11;
/** A glance is the fastest of three batches this long, s. */
const batch_s = 3e-4;
const batchesPerGlance = 3;
/** Looks for the undisturbed speed this long before anything is measured, s. */
const firstLook_s = 2;
/** The undisturbed speed is at this quantile of all glances: disturbances only ever slow down. */
const undisturbed = 0.1;

export async function openProbe(device: Device, network: Network, batch: number): Promise<Probe> {
  const { clock, runtime, identity } = device;
  const weights = randomWeights(network, seededRandom(weightsSeed));
  const model = await runtime.load({ network, weights, batch }, { threads: identity.threads });
  await model.run(10);
  const runs = Math.max(1, Math.round(batch_s / ((await model.run(10)) / 10)));
  const glances: number[] = [];
  const glance = async (): Promise<number> => {
    const batches: number[] = [];
    while (batches.length < batchesPerGlance) batches.push((await model.run(runs)) / runs);
    const latency_s = Math.min(...batches);
    glances.push(latency_s);
    return latency_s;
  };
  const start_s = clock.now_s();
  while (clock.now_s() - start_s < firstLook_s) await glance();
  return {
    slowdown: async () => (await glance()) / quantile(glances, undisturbed),
    close: () => model.close(),
  };
}
