import { loadCosts } from "./answers/load-costs.ts";
import { canaryDrift } from "./checks/drift.ts";
import { leftOutError } from "./checks/left-out.ts";
import { heldOutError } from "./checks/networks.ts";
import { predictedKernels } from "./checks/predicted.ts";
import type { Check, CheckInput, CheckResult } from "./checks/result.ts";
import {
  constantPower,
  enoughSamples,
  flaggedShare,
  positiveCosts,
  rankWithWork,
  wholeMicroseconds,
} from "./checks/rows.ts";
import type { EnergyTable } from "./table.ts";

/** One result of one check. */
export interface Finding extends CheckResult {
  readonly check: keyof typeof checks;
}

/** Every check by the name it is reported under. */
const checks = {
  "held-out error": heldOutError,
  "left-out error": leftOutError,
  drift: canaryDrift,
  "predicted kernels": predictedKernels,
  "positive costs": positiveCosts,
  samples: enoughSamples,
  flags: flaggedShare,
  "whole microseconds": wholeMicroseconds,
  "rank with work": rankWithWork,
  "constant power": constantPower,
} as const satisfies Record<string, Check>;

/** Looks for what published tables got wrong. Every check reports at least once. */
export function checkTable(table: EnergyTable, platformId: number): readonly Finding[] {
  const input: CheckInput = {
    table,
    platformId,
    kernels: [
      ...table.kernelMeasurements(platformId),
      ...table.kernelMeasurements(platformId, { method: "isolated" }),
    ],
    networks: table.networkMeasurements(platformId),
    costs: loadCosts(table, platformId),
  };
  return Object.entries(checks).flatMap(([check, run]) =>
    run(input).map((finding) => ({ ...finding, check: check as Finding["check"] })),
  );
}
