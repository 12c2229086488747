import { isDeepStrictEqual } from "node:util";
import {
  type BatchesRecord,
  type CanaryRule,
  type Capabilities,
  modelOfKind,
} from "../devices/index.ts";
import type { EnergyTable, LatencyEstimate } from "../energy-db/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import type { Conv2dLayer, Layer } from "../src/network/layer.ts";
import type { Network } from "../src/network/network.ts";
import { seededRandom } from "../src/random.ts";
import { quantile } from "../src/statistics.ts";

/**
 * The same for every space, so that sessions can be compared by it. Its 0.6 MB of weights feel neighbours that empty a
 * shared cache: in 750 looks on a 2-core EPYC a network of 0.4 MB was up to 15 % slower (90th percentile) at moments when
 * a canary of 14 kB kept its speed, and up to 6 % when this one did.
 */
export const canaryNetwork: Network = {
  name: "canary",
  input: { height: 7, width: 7, channels: 8 },
  layers: [
    canaryLayer("conv1", { width: 48, kernelSize: 3, padding: "same" }),
    canaryLayer("conv2", { width: 128, kernelSize: 5, padding: "valid" }),
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: 10, bias: true, activation: "linear" },
  ],
};

function canaryLayer(
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
/** The undisturbed speed is at this quantile of all glances: disturbances only ever slow down. */
const undisturbed = 0.1;

/** How scripts look at the canary of a device. */
export async function canaryRule(
  {
    models,
    shortestBatch_s,
    freshBatches,
  }: Pick<Capabilities, "models" | "shortestBatch_s" | "freshBatches">,
  allowedSlowdown: number,
): Promise<CanaryRule> {
  const weights = randomWeights(canaryNetwork, seededRandom(weightsSeed));
  return {
    model: await modelOfKind(models, "canary", canaryNetwork, weights, 1),
    batch_s: Math.max(3e-4, shortestBatch_s),
    batchesPerGlance: freshBatches ? 1 : 3,
    warmed: !freshBatches,
    allowedSlowdown,
  };
}

/** Of the blocks of a session so many are thought to be undisturbed at least. */
const undisturbedBlocks = 0.05;

/**
 * The canary's speed at calm moments: of glances between the samples of other networks, where it is less at home in the
 * caches than alone. A low quantile of each block, and of those the one of the fastest blocks: a machine that is slow for
 * long does not become the usual one. With the interval that order statistics give a quantile. Undefined before the
 * first glance.
 */
export function canaryEstimate(
  blocks: readonly (readonly BatchesRecord[])[],
): LatencyEstimate | undefined {
  const estimates = blocks
    .map((records) => undisturbedGlance(records.flatMap(glancesOf)))
    .filter((estimate) => estimate !== undefined)
    .sort((a, b) => a.latency_s - b.latency_s);
  return estimates[Math.floor(undisturbedBlocks * (estimates.length - 1))];
}

/** One per sample. */
const glancesOf = ({ canary_s, sample }: BatchesRecord): readonly number[] =>
  [...canary_s].filter((time_s, i) => sample[i] !== sample[i - 1] && !Number.isNaN(time_s));

function undisturbedGlance(glances_s: readonly number[]): LatencyEstimate | undefined {
  if (glances_s.length === 0) return undefined;
  // Binomial count of glances below the quantile, normal approximation.
  const half = 1.96 * Math.sqrt((undisturbed * (1 - undisturbed)) / glances_s.length);
  const at = (level: number): number => quantile([...glances_s], Math.min(1, Math.max(0, level)));
  return {
    latency_s: at(undisturbed),
    low_s: at(undisturbed - half),
    high_s: at(undisturbed + half),
  };
}

/**
 * Floor of the canary network while the rows of a platform were measured, s: the speed that its costs stand for.
 * Undefined before the first session of this protocol.
 */
export function canaryLatency(table: EnergyTable, platformId: number): number | undefined {
  const latencies_s = table
    .networkMeasurements(platformId, { role: "canary" })
    .filter(
      ({ network, batch }) =>
        batch === 1 && isDeepStrictEqual(network.layers, canaryNetwork.layers),
    )
    .map(({ latency }) => latency.floor.latency_s);
  return latencies_s.length > 0 ? quantile(latencies_s, undisturbed) : undefined;
}
