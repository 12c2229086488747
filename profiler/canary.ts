import { isDeepStrictEqual } from "node:util";
import type { CanaryRule, GlancesRecord } from "../devices/index.ts";
import { scriptModel } from "../devices/index.ts";
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

/** How scripts look at the canary. */
export function canaryRule(allowedSlowdown: number, baseline_s?: number): CanaryRule {
  const weights = randomWeights(canaryNetwork, seededRandom(weightsSeed));
  return {
    model: scriptModel("canary", canaryNetwork, weights, 1),
    batch_s: 3e-4,
    batchesPerGlance: 3,
    ...(baseline_s === undefined ? {} : { baseline_s }),
    allowedSlowdown,
  };
}

/** Looks for the undisturbed speed this long before anything is measured, s. */
export const firstLook_s = 1;

/** The canary's speed at calm moments, from glances, with the interval that order statistics give a quantile. */
export function canaryEstimate(glances: readonly GlancesRecord[]): LatencyEstimate {
  const latencies_s = glances.flatMap(({ latency_s }) => [...latency_s]);
  if (latencies_s.length === 0) throw new Error("The canary was never looked at");
  // Binomial count of glances below the quantile, normal approximation.
  const half = 1.96 * Math.sqrt((undisturbed * (1 - undisturbed)) / latencies_s.length);
  const at = (level: number): number => quantile(latencies_s, Math.min(1, Math.max(0, level)));
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
