import type { SearchHistory } from "../../../search/index.ts";
import { widthText } from "./references.ts";
import {
  type FinishedSearch,
  type ReferenceRecord,
  readDocument,
  readFound,
  type VerificationRecord,
} from "./search-folder.ts";

/** What the quickstart found, beside the reference network that its budget is a fraction of. */
export interface QuickstartResult {
  readonly widths: string;
  readonly run: FinishedSearch["run"];
  readonly history: SearchHistory;
  readonly verification: VerificationRecord;
  readonly references: readonly ReferenceRecord[];
  /** Measured latency over the reference's, both measured in the same minute. */
  readonly share: number;
  /** The same for energy as verified; absent where no power is known. */
  readonly energyShare?: number;
}

/** Reads the result from the folder; `reference` is the label of the network that the budget is a fraction of. */
export function quickstartResult(folder: string, reference: string): QuickstartResult {
  const { history, network, run } = readFound(folder);
  const verification = readDocument(folder, "verification");
  const references = readDocument(folder, "references") ?? [];
  const full = references.find(({ label }) => label === reference);
  if (!verification || !full?.measured) throw new Error(`${folder} holds no complete verification`);
  const { measured, energy } = verification;
  return {
    widths: widthText(network),
    run,
    history,
    verification,
    references,
    share: measured.latency_s / full.measured.latency_s,
    ...(energy && full.energy ? { energyShare: energy.energy_j / full.energy.energy_j } : {}),
  };
}
