import type { SearchHistory } from "../../../search/index.ts";
import { energyEstimate, latencyEstimate, ratioOf } from "./judged-latency.ts";
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
  /** Measured latency over the reference's, both measured in the same minute and at the table's speed where that is known. */
  readonly share: number;
  /** Its 95 % interval. */
  readonly shareLow: number;
  readonly shareHigh: number;
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
  const beside = { ...full, measured: full.measured };
  const share = ratioOf(latencyEstimate(verification), latencyEstimate(beside));
  const [own_j, full_j] = [energyEstimate(verification), energyEstimate(beside)];
  return {
    widths: widthText(network),
    run,
    history,
    verification,
    references,
    share: share.value,
    shareLow: share.low,
    shareHigh: share.high,
    ...(own_j && full_j ? { energyShare: ratioOf(own_j, full_j).value } : {}),
  };
}
