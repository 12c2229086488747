import type { DeliveredNetwork } from "../../src/figures/index.ts";
import type {
  CandidateRow,
  Costs,
  CurveRow,
  HeldOutRow,
  LayerRow,
  Provenance,
  Reading,
  RivalRow,
  RoundRow,
  ShapeRow,
  StairRow,
} from "../../src/figures/rows.ts";
import { seededRandom } from "../../src/random.ts";

const random = seededRandom(12);

function reading(value: number, provenance: Provenance, relative = 0.02): Reading {
  return { value, low: value * (1 - relative), high: value * (1 + relative), provenance };
}

/** Steps of 16 on conv2 and conv3, a smooth conv1. */
export const curves: readonly CurveRow[] = [
  { layer: "conv1", kernel: "conv2d 3x3, 28x28x1 in", cap: 32, step: 1, base: 9e-6, slope: 0.5e-6 },
  {
    layer: "conv2",
    kernel: "conv2d 3x3, 14x14x16 in",
    cap: 64,
    step: 16,
    base: 7e-6,
    slope: 0.6e-6,
  },
  {
    layer: "conv3",
    kernel: "conv2d 3x3, 7x7x32 in",
    cap: 128,
    step: 16,
    base: 6e-6,
    slope: 0.35e-6,
  },
].flatMap(({ layer, kernel, cap, step, base, slope }) =>
  Array.from({ length: 16 }, (_, index) => {
    const width = Math.round(((index + 1) * cap) / 16);
    const value = base + slope * Math.ceil(width / step) * step;
    const noisy = value * (1 + 0.01 * random.normal());
    const provenance = index % 5 === 3 ? "interpolated" : "measured";
    return {
      layer,
      kernel,
      width,
      latency_s: reading(noisy, provenance, 0.025),
      energy_j: reading(noisy * 15, "modelled", 0.025),
    };
  }),
);

export const stairs: readonly StairRow[] = [
  ...treads("conv2", 64, 7e-6, 0.6e-6),
  ...treads("conv3", 128, 6e-6, 0.35e-6),
];

function treads(layer: string, cap: number, base: number, slope: number): readonly StairRow[] {
  return Array.from({ length: cap / 16 }, (_, index) => ({
    layer,
    step: 16,
    from: index * 16 + 1,
    to: (index + 1) * 16,
    latency_s: base + slope * (index + 1) * 16,
    energy_j: 15 * (base + slope * (index + 1) * 16),
  }));
}

const costs = (
  latency_s: number,
  provenance: Provenance = "predicted",
  relative = 0.02,
): Costs => ({
  latency_s: reading(latency_s, provenance, relative),
  energy_j: reading(latency_s * 15, "modelled", relative),
});

const accuracies = [0.912, 0.948, 0.966, 0.974, 0.9805, 0.9846, 0.9871, 0.9884];
export const rounds: readonly RoundRow[] = accuracies.map((heldOutAccuracy, round) => {
  const gain = 0.19 * 0.55 ** round;
  return {
    round,
    kind: round === 0 ? "seed" : "growth",
    widths: { conv1: 4 + 2 * round, conv2: 4 + 4 * round, conv3: 8 + 8 * round },
    heldOutAccuracy,
    loss: 0.31 * 0.7 ** round,
    ...costs(38e-6 + 11e-6 * round + 0.4e-6 * round ** 2),
    ...(round > 0 && {
      predictedGain: gain,
      realisedGain: gain * (1 + 0.25 * random.normal()),
    }),
  };
});

/** The path, a proposal that was not kept at every round, and two trials from scratch. */
export const candidates: readonly CandidateRow[] = [
  ...rounds.flatMap(({ round, kind, widths, heldOutAccuracy = 0 }): readonly CandidateRow[] => {
    const own = costs(38e-6 + 11e-6 * round + 0.4e-6 * round ** 2);
    const beaten = costs(own.latency_s.value + 3e-6);
    const shared = { round, kind, widths, origin: "grown" as const };
    return [
      {
        ...shared,
        ...own,
        label: "knapsack",
        heldOutAccuracy,
        isDelivered: round === rounds.length - 1,
      },
      {
        ...shared,
        ...beaten,
        label: "uniform",
        heldOutAccuracy: heldOutAccuracy - 0.004,
        isDelivered: false,
      },
    ];
  }),
  ...[0.968, 0.9712].map(
    (heldOutAccuracy, i): CandidateRow => ({
      round: 8,
      kind: "trials",
      label: `shape ${i + 1}`,
      origin: "scratch",
      isDelivered: false,
      widths: { conv1: 16, conv2: 32, conv3: 48 + 16 * i },
      heldOutAccuracy,
      ...costs(120e-6 + 8e-6 * i),
    }),
  ),
];

export const rivals: readonly RivalRow[] = [0.25, 0.5, 0.75, 1].map((multiplier) => ({
  label: `uniform x${multiplier}`,
  heldOutAccuracy: 0.988 - 0.05 * (1 - multiplier) ** 1.7,
  testAccuracy: 0.989 - 0.05 * (1 - multiplier) ** 1.7,
  predicted: costs(34e-6 + 141e-6 * multiplier),
  verified: costs(35e-6 + 140e-6 * multiplier, "measured"),
  macs: Math.round(2.1e6 * multiplier ** 2),
  parameters: Math.round(24_000 * multiplier ** 2),
}));

export const delivered: DeliveredNetwork = {
  testAccuracy: 0.9889,
  testedOn: "10,000 test images",
  testCount: 10_000,
  predicted: costs(133e-6, "predicted", 0.04),
  verified: costs(137e-6, "measured", 0.015),
  macs: 1_430_000,
  parameters: 18_410,
};

const layer = (
  name: string,
  [predicted_us, verified_us]: readonly [number, number | undefined],
  provenance: Provenance = "predicted",
): LayerRow => ({
  layer: name,
  predicted: costs(predicted_us * 1e-6, provenance, 0.04),
  ...(verified_us === undefined ? {} : { verified: costs(verified_us * 1e-6, "measured") }),
});

/** The last is too short for a profiler. */
export const layers: readonly LayerRow[] = [
  layer("conv1", [18.2, 17.6]),
  layer("pool1", [6.1, 6.4], "interpolated"),
  layer("conv2", [44.6, 46]),
  layer("pool2", [3, 2.8], "interpolated"),
  layer("conv3", [41.2, 42.9]),
  layer("pool", [1.6, 1.7]),
  layer("logits", [0.1, undefined]),
];

export const heldOutRows: readonly HeldOutRow[] = Array.from({ length: 14 }, (_, index) => {
  const predicted_s = 60e-6 + 9e-6 * index;
  return {
    network: `held-out ${index + 1}`,
    predicted_s,
    measured_s: predicted_s * (1 + 0.025 * random.normal()),
  };
});

export const latencyBudget_s = 140e-6;

const shape = (label: string, widths: readonly number[], latency_s: number) => ({
  label,
  widths: { conv1: widths[0] ?? 0, conv2: widths[1] ?? 0, dense1: widths[2] ?? 0 },
  latency_s: { value: latency_s, provenance: "predicted" as const },
});

export const shapes: readonly ShapeRow[] = [
  {
    ...shape("early x4", [32, 32, 48], 131e-6),
    trialLoss: 0.094,
    finalLoss: 0.052,
    heldOutAccuracy: 0.9871,
  },
  {
    ...shape("found", [16, 48, 64], 133e-6),
    trialLoss: 0.098,
    finalLoss: 0.055,
    heldOutAccuracy: 0.9862,
  },
  { ...shape("uniform", [16, 40, 88], 128e-6), finalLoss: 0.06, heldOutAccuracy: 0.9851 },
  { ...shape("late x2", [16, 32, 112], 132e-6), trialLoss: 0.121, heldOutAccuracy: 0.9702 },
];
