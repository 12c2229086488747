import type { Kernel } from "../src/network/kernel.ts";

/** Cost of one kernel or network. Energy is absent where nobody measured or assumed it. */
export interface Cost {
  readonly latency_s: number;
  readonly energy_j?: number;
}

/**
 * What the search asks for; the command line answers from the energy table, tests from formulas.
 * The cost of a network is `overhead` plus the sum over its kernels.
 */
export interface CostModel {
  /** Where the numbers come from, shown in the history and the report: "energy.db, local/ort-cpu, measured". */
  readonly source: string;
  /** Cost per inference beyond the kernels: the call itself. */
  readonly overhead: Cost;
  /** Throws a UserError naming what is missing when the kernel cannot be answered. */
  kernel(kernel: Kernel): Cost;
}

/** Limits a delivered network must meet. Absent means unlimited; at least one is given. */
export interface Budget {
  readonly latency_s?: number;
  readonly energy_j?: number;
  readonly macs?: number;
  readonly parameters?: number;
  /** Peak activation memory, `networkPeakMemory_bytes`. */
  readonly peakMemory_bytes?: number;
}
