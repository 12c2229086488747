import type {
  CurveRow,
  HeldOutRow,
  LayerRow,
  NetworkRow,
  Provenance,
  Reading,
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
    return { layer, kernel, width, latency_s: reading(noisy, provenance, 0.025) };
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
  }));
}

const accuracies = [0.912, 0.948, 0.966, 0.974, 0.9805, 0.9846, 0.9871, 0.9884];
export const rounds: readonly RoundRow[] = accuracies.map((accuracy, round) => {
  const latency = 38e-6 + 11e-6 * round + 0.4e-6 * round ** 2;
  const gain = 0.19 * 0.55 ** round;
  return {
    round,
    widths: { conv1: 4 + 2 * round, conv2: 4 + 5 * round, conv3: 8 + 9 * round },
    accuracy,
    loss: 0.31 * 0.7 ** round,
    latency_s: reading(latency, "predicted"),
    energy_j: reading(latency * 15, "modelled", 0.02),
    ...(round > 0 && {
      predictedGain: gain,
      realisedGain: gain * (1 + 0.25 * random.normal()),
    }),
  };
});

export const references: readonly NetworkRow[] = [0.25, 0.5, 0.75, 1].map((multiplier) => ({
  label: `x${multiplier}`,
  accuracy: 0.989 - 0.05 * (1 - multiplier) ** 1.7,
  latency_s: reading(35e-6 + 140e-6 * multiplier, "measured"),
  energy_j: reading((35e-6 + 140e-6 * multiplier) * 15, "modelled"),
  macs: Math.round(2.1e6 * multiplier ** 2),
  parameters: Math.round(24_000 * multiplier ** 2),
}));

export const final: NetworkRow = {
  label: "delivered",
  accuracy: 0.9889,
  latency_s: reading(137e-6, "measured", 0.015),
  energy_j: reading(137e-6 * 15, "modelled", 0.015),
  macs: 1_430_000,
  parameters: 18_410,
};

export const layers: readonly LayerRow[] = [
  {
    layer: "conv1",
    predicted_s: reading(18.2e-6, "predicted", 0.04),
    measured_s: reading(17.6e-6, "measured"),
  },
  {
    layer: "pool1",
    predicted_s: reading(6.1e-6, "interpolated", 0.05),
    measured_s: reading(6.4e-6, "measured"),
  },
  {
    layer: "conv2",
    predicted_s: reading(44.6e-6, "predicted", 0.04),
    measured_s: reading(46.0e-6, "measured"),
  },
  {
    layer: "pool2",
    predicted_s: reading(3.0e-6, "interpolated", 0.05),
    measured_s: reading(2.8e-6, "measured"),
  },
  {
    layer: "conv3",
    predicted_s: reading(41.2e-6, "predicted", 0.03),
    measured_s: reading(42.9e-6, "measured"),
  },
  {
    layer: "pool",
    predicted_s: reading(1.6e-6, "predicted", 0.06),
    measured_s: reading(1.7e-6, "measured"),
  },
  {
    layer: "logits",
    predicted_s: reading(1.1e-6, "predicted", 0.06),
    measured_s: reading(1.0e-6, "measured"),
  },
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
    accuracy: 0.9871,
  },
  { ...shape("found", [16, 48, 64], 133e-6), trialLoss: 0.098, finalLoss: 0.055, accuracy: 0.9862 },
  { ...shape("uniform", [16, 40, 88], 128e-6), finalLoss: 0.06, accuracy: 0.9851 },
  { ...shape("late x2", [16, 32, 112], 132e-6), trialLoss: 0.121, accuracy: 0.9702 },
];
