/** Plain rows that figures and reports are made from; SI units. Whoever has the data fills them. */

/** How a number came to be; stands beside every number shown. */
export type Provenance =
  | "measured"
  | "derived"
  | "modelled"
  | "interpolated"
  | "predicted"
  | "imported"
  | "simulated";

/** One number with its 95 % interval, where there is one. */
export interface Reading {
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly provenance: Provenance;
}

/** Cost of one kernel at one width: a point of a layer's cost curves. */
export interface CurveRow {
  readonly layer: string;
  /** The kernel with what is held fixed, for example "conv2d 3x3, 14x14x16 in". */
  readonly kernel: string;
  readonly width: number;
  readonly latency_s: Reading;
  readonly energy_j?: Reading | undefined;
  /** The rows of exactly this width, where `latency_s` is smoothed over its neighbours. */
  readonly measured_s?: Reading | undefined;
}

/** One tread of a detected staircase: widths from..to cost the same. */
export interface StairRow {
  readonly layer: string;
  /** Width of the steps in channels. */
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly latency_s: number;
  readonly energy_j?: number | undefined;
}

/** State of a search after one round; round 0 is the network it started from. */
export interface RoundRow {
  readonly round: number;
  /** What the search did in it: "growth", "finalists". */
  readonly kind: string;
  /** Per wide layer or width group, in network order. */
  readonly widths: Readonly<Record<string, number>>;
  /** Fraction of held-out examples that are right. */
  readonly heldOutAccuracy?: number | undefined;
  readonly loss?: number | undefined;
  readonly latency_s?: Reading | undefined;
  readonly energy_j?: Reading | undefined;
  /** Fall of the loss that the splitting indices promised for this round, and what came. */
  readonly predictedGain?: number | undefined;
  readonly realisedGain?: number | undefined;
}

/** A network that a search trained, long or short, and its costs by the table. */
export interface CandidateRow {
  readonly round: number;
  readonly kind: string;
  readonly label: string;
  /** Whether its weights were grown from another network's, or started anew. */
  readonly origin: "grown" | "scratch";
  readonly isDelivered: boolean;
  readonly widths: Readonly<Record<string, number>>;
  /** Fraction of held-out examples that are right. */
  readonly heldOutAccuracy: number;
  readonly latency_s: Reading;
  readonly energy_j?: Reading | undefined;
}

/** A network of the whole budget that a search tried from scratch; losses and accuracy on held-out examples. */
export interface ShapeRow {
  readonly label: string;
  readonly widths: Readonly<Record<string, number>>;
  readonly latency_s: Reading;
  /** After a short trial. */
  readonly trialLoss?: number | undefined;
  /** After the longer comparison of the best. */
  readonly finalLoss?: number | undefined;
  /** After the longest of its trainings. */
  readonly heldOutAccuracy?: number | undefined;
}

/** Scores after one epoch of plain training, epochs counted from 1. */
export interface EpochRow {
  readonly epoch: number;
  readonly trainingLoss: number;
  readonly heldOutLoss: number;
  /** Fraction. */
  readonly heldOutAccuracy: number;
}

/** One epoch of a language model's training: exp of the mean cross-entropy, per word. */
export interface PerplexityRow {
  readonly epoch: number;
  readonly training: number;
  readonly heldOut: number;
}

/** A recurrent cell that a search trained. */
export interface CellRow {
  /** From 1: every step removes an edge. */
  readonly step: number;
  readonly edges: number;
  /** "0->1, 1->2" */
  readonly wiring: string;
  /** Held out; absent where training diverged. */
  readonly perplexity?: number | undefined;
  readonly score?: number | undefined;
  /** Gone on with. */
  readonly isKept: boolean;
  readonly isDelivered: boolean;
}

/** A network of uniform width, trained as long as the delivered one. */
export interface RivalRow {
  /** For example "uniform x0.5". */
  readonly label: string;
  /** Fraction of held-out examples that are right. */
  readonly heldOutAccuracy: number;
  /** Fraction of test examples that are right. */
  readonly testAccuracy: number;
  /** By the table. */
  readonly predicted: Costs;
  /** On the device, where it was run there. */
  readonly verified?: Costs | undefined;
  readonly macs?: number | undefined;
  readonly parameters?: number | undefined;
  readonly peakMemory_bytes?: number | undefined;
}

/** Latency and energy of one inference of a network. */
export interface Costs {
  readonly latency_s: Reading;
  /** Gross. */
  readonly energy_j?: Reading | undefined;
  /** Above idle; absent where idle power is unknown. */
  readonly netEnergy_j?: Reading | undefined;
}

/** One layer of the delivered network: by the table, and inside the network on the device, where it was run there. */
export interface LayerRow {
  readonly layer: string;
  readonly predicted: Costs;
  /** Absent for what is too short for the runtime's profiler, and before verification. */
  readonly verified?: Costs | undefined;
}

/** One network held out of the table's design: what the table says and what the device took. */
export interface HeldOutRow {
  readonly network: string;
  readonly predicted_s: number;
  readonly measured_s: number;
}
