import { isDeepStrictEqual } from "node:util";
import type { Device } from "../devices/index.ts";
import type { EnergyTable } from "../energy-db/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import type { Conv2dLayer, Layer } from "../src/network/layer.ts";
import type { Network } from "../src/network/network.ts";
import { seededRandom } from "../src/random.ts";
import { quantile } from "../src/statistics.ts";
import type { Patience } from "./patience.ts";

/** A fixed network that stays loaded and shows how fast the machine is at the moment. */
export interface Probe {
  /** Its latency now over what is usual for this machine undisturbed: about 1, more while disturbed. */
  slowdown(): Promise<number>;
  /** Waits until the machine is no slower than allowed, as long as patience is left. Throws when aborted. */
  awaitCalm(allowedSlowdown: number, options: WaitOptions): Promise<void>;
  close(): Promise<void>;
}

export interface WaitOptions {
  readonly patience: Patience;
  /** Longest wait, s. */
  readonly limit_s?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The same for every space, so that runs can be compared by it. Its 0.6 MB of weights feel neighbours that empty a shared
 * cache: in 750 looks on a 2-core EPYC a network of 0.4 MB was up to 15 % slower (90th percentile) at moments when a probe
 * of 14 kB kept its speed, and up to 6 % when this one did.
 */
export const probeNetwork: Network = {
  name: "probe",
  input: { height: 7, width: 7, channels: 8 },
  layers: [
    probeLayer("conv1", { width: 48, kernelSize: 3, padding: "same" }),
    probeLayer("conv2", { width: 128, kernelSize: 5, padding: "valid" }),
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: 10, bias: true, activation: "linear" },
  ],
};

function probeLayer(
  name: string,
  shape: Pick<Conv2dLayer, "width" | "kernelSize" | "padding">,
): Layer {
  return {
    kind: "conv2d",
    name,
    ...shape,
    stride: 1,
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
const firstLook_s = 1;
const pollEvery_s = 0.1;
/** The undisturbed speed is at this quantile of all glances: disturbances only ever slow down. */
const undisturbed = 0.1;

/**
 * Latency of the probe network while the table's rows of a platform were measured, s: the speed that its costs stand
 * for. Undefined before the first.
 */
export function undisturbedLatency(table: EnergyTable, platformId: number): number | undefined {
  const latencies = table
    .networkMeasurements(platformId, { role: "canary" })
    .filter(
      ({ network, batch }) => batch === 1 && isDeepStrictEqual(network.layers, probeNetwork.layers),
    )
    .map(({ latency }) => latency.floor.latency_s);
  return latencies.length > 0 ? quantile(latencies, undisturbed) : undefined;
}

/** Loads the probe network and looks for the undisturbed speed of the machine, unless one as fast is known. */
export async function openProbe(
  device: Device,
  known_s = Number.POSITIVE_INFINITY,
): Promise<Probe> {
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
  const slowdown = async () => (await glance()) / Math.min(known_s, quantile(glances, undisturbed));
  return {
    slowdown,
    awaitCalm: async (
      allowedSlowdown,
      { patience, limit_s = Number.POSITIVE_INFINITY, signal },
    ) => {
      const end_s = clock.now_s() + limit_s;
      while (patience.isLeft && clock.now_s() < end_s) {
        signal?.throwIfAborted();
        const start_s = clock.now_s();
        if ((await slowdown()) <= allowedSlowdown) return;
        await clock.sleep(pollEvery_s);
        patience.spendSince(start_s);
      }
    },
    close: () => model.close(),
  };
}
