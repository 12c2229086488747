import type { CanaryRow } from "../drift.ts";
import type {
  CandidateRow,
  CellRow,
  Costs,
  CurveRow,
  EpochRow,
  HeldOutRow,
  LayerRow,
  PerplexityRow,
  Provenance,
  Reading,
  RivalRow,
  RoundRow,
  ShapeRow,
  StairRow,
} from "../rows.ts";

/** Everything a report can show. Each part is optional: a table alone, or a search with its verification. */
export interface ReportData {
  readonly title: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly toolVersion: string;
  readonly seed?: number | undefined;
  /** The command that made what is reported. */
  readonly command?: string | undefined;
  readonly platforms?: readonly PlatformRow[] | undefined;
  readonly energy?: EnergyNote | undefined;
  readonly budgets?: readonly BudgetRow[] | undefined;
  readonly delivered?: DeliveredNetwork | undefined;
  readonly search?: SearchResult | undefined;
  readonly training?: TrainingResult | undefined;
  readonly text?: TextSearchResult | undefined;
  readonly layers?: LayersResult | undefined;
  readonly heldOut?: readonly HeldOutError[] | undefined;
  /** The canary over time. */
  readonly canary?: readonly CanaryRow[] | undefined;
  readonly curves?: readonly CurveRow[] | undefined;
  readonly stairs?: readonly StairRow[] | undefined;
}

/** A platform whose rows are reported, and how much was measured on it. */
export interface PlatformRow {
  readonly device: string;
  readonly processor: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
  readonly precision: string;
  readonly threads: number;
  readonly powerMode: string;
  /** ISO 8601: first and last measurement. */
  readonly measuredFrom?: string | undefined;
  readonly measuredTo?: string | undefined;
  readonly networks?: number | undefined;
  readonly kernels?: number | undefined;
}

/** Where joules come from on this platform. */
export type EnergyNote =
  | { readonly kind: "absent" }
  | { readonly kind: "modelled"; readonly power_w: number }
  | { readonly kind: "measured"; readonly meter: string; readonly provenance: Provenance };

export type BudgetQuantity = "latency_s" | "energy_j" | "macs" | "parameters" | "peakMemory_bytes";

export interface BudgetRow {
  readonly quantity: BudgetQuantity;
  readonly limit: number;
  /** How the limit was set, for example "0.6 of uniform x1". */
  readonly reference?: string | undefined;
}

export interface DeliveredNetwork {
  /** Fraction of test examples that are right. */
  readonly testAccuracy: number;
  /** For example "10,000 test images". */
  readonly testedOn: string;
  /** How many those are: gives the accuracy its interval. */
  readonly testCount?: number | undefined;
  /** By the table; absent where no cost is known. */
  readonly predicted?: Costs | undefined;
  /** On the device, where it was run there. */
  readonly verified?: Costs | undefined;
  readonly macs?: number | undefined;
  readonly parameters?: number | undefined;
  readonly peakMemory_bytes?: number | undefined;
}

export interface SearchResult {
  readonly method: string;
  readonly dataset: string;
  /** What held-out accuracy was counted on, for example "6,000 training images held out". */
  readonly heldOutOn: string;
  /** Where the costs of the rounds come from, as the cost model says. */
  readonly costSource: string;
  /** Why growth ended. */
  readonly ended?: string | undefined;
  /** The path: what the search went on with. */
  readonly rounds: readonly RoundRow[];
  /** Every network trained that gave a result. */
  readonly candidates: readonly CandidateRow[];
  /** What rounds decided, in the search's words. */
  readonly verdicts?: readonly VerdictRow[] | undefined;
  /** Best first. */
  readonly shapes?: readonly ShapeRow[] | undefined;
  /** Networks of uniform width on the same data and device. */
  readonly rivals?: readonly RivalRow[] | undefined;
}

/** What a round decided. */
export interface VerdictRow {
  readonly round: number;
  readonly kind: string;
  readonly verdict: string;
}

export interface TrainingResult {
  readonly network: string;
  readonly dataset: string;
  /** Optimiser, rate, batch, in words. */
  readonly recipe: string;
  /** What the held-out scores were counted on. */
  readonly heldOutOn: string;
  readonly epochs: readonly EpochRow[];
}

/** A search for a recurrent cell, or the plain training of one. */
export interface TextSearchResult {
  /** Of the search, or the cell trained. */
  readonly method: string;
  readonly dataset: string;
  /** Nodes, hidden units and epochs, in words. */
  readonly recipe: string;
  /** Every cell tried, in the order of the search; absent where one was trained alone. */
  readonly cells?: readonly CellRow[] | undefined;
  /** Of the cell found, from scratch. */
  readonly curve: readonly PerplexityRow[];
  readonly testPerplexity: number;
  readonly parameters: number;
  /** On parameters. */
  readonly limit?: number | undefined;
  /** Multiply-accumulates of a word, and the limit on them. */
  readonly macs?: number | undefined;
  readonly macsLimit?: number | undefined;
  /** Of the cell found, with its activations. */
  readonly wiring: string;
  /** One step of the model on the device, where it was run there. */
  readonly step_s?: Reading | undefined;
  /** One step by a table, where the search was given one. */
  readonly predicted?: PredictedWord | undefined;
}

/** What a word is said to cost before it ran, and what it may. */
export interface PredictedWord extends Pick<Costs, "latency_s" | "energy_j"> {
  /** Of the latency, of steps predicted from their work alone. */
  readonly guessedShare: number;
  readonly latencyLimit_s?: number | undefined;
  readonly energyLimit_j?: number | undefined;
}

/** The delivered network layer by layer. */
export interface LayersResult {
  readonly rows: readonly LayerRow[];
  readonly verification?: VerificationNote | undefined;
}

/** How the network was run on the device. */
export interface VerificationNote {
  /** ISO 8601. */
  readonly measuredAt: string;
  /** How often the network was verified, this time included. */
  readonly attempt?: number | undefined;
  /** Timed samples of the whole network. */
  readonly samples?: number | undefined;
}

/** Error of the sum over kernels on networks the table was not made from, for one search space. */
export interface HeldOutError {
  readonly space: string;
  readonly designNetworks: number;
  readonly heldOutNetworks: number;
  /** |predicted - measured| / measured. */
  readonly medianError: number;
  readonly p90Error: number;
  readonly rows?: readonly HeldOutRow[] | undefined;
}
