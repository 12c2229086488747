import type { Budget, Confirmation, SearchContext } from "../../../search/index.ts";
import type { Network } from "../../network/network.ts";
import { formatJoules, formatSeconds } from "../../units.ts";
import type { VerificationRecord } from "./search-folder.ts";
import { runVerify, type VerifyRun } from "./verify-run.ts";

type MeasuredBudget = Pick<Budget, "latency_s" | "energy_j">;
type Record = Pick<VerificationRecord, "measured" | "atTableSpeed" | "predicted_s" | "energy">;

/** What measured networks are held against. */
export interface MeasuredLimit {
  readonly budget: MeasuredBudget;
  /** Instead: this share of what a network costs that is measured beside them, so that the moment's speed drops out. */
  readonly relative?: { readonly network: Network; readonly share: number };
}

/** Measures a search's finalists in one session, as `verify` does; the rows go into the table. */
export const confirmOnDevice =
  (run: VerifyRun, { budget, relative }: MeasuredLimit): NonNullable<SearchContext["confirm"]> =>
  async (networks) => {
    const finalists = networks.map((network, i) => ({ label: `finalist ${i + 1}`, network }));
    if (!relative) return confirmations(await runVerify(run, finalists), budget);
    const { network, share } = relative;
    const [reference, ...records] = await runVerify(run, [
      { label: "the reference", network },
      ...finalists,
    ]);
    return confirmations(records, reference ? shareOf(reference, share) : budget);
  };

/** Which measured networks keep a budget, and what they took in words. */
export const confirmations = (
  records: readonly Record[],
  { latency_s = Number.POSITIVE_INFINITY, energy_j = Number.POSITIVE_INFINITY }: MeasuredBudget,
): readonly Confirmation[] =>
  records.map((record) => ({
    meetsBudget: latencyOf(record) <= latency_s && (energyOf(record) ?? 0) <= energy_j,
    words: [
      `${formatSeconds(latencyOf(record))} (${formatSeconds(record.predicted_s)} predicted)`,
      ...energyWords(record),
    ].join(", "),
  }));

function energyWords(record: Record): readonly string[] {
  const energy_j = energyOf(record);
  return energy_j === undefined
    ? []
    : [`${formatJoules(energy_j)} ${record.energy?.provenance ?? ""}`];
}

/** At the table's speed where that is known: the budget is in its seconds. */
const latencyOf = ({ measured, atTableSpeed }: Record): number =>
  (atTableSpeed ?? measured).latency_s;

/** Metered, or else the table's power for the time it is held to. */
const energyOf = (record: Record): number | undefined =>
  record.energy?.power_w === undefined
    ? record.energy?.energy_j
    : record.energy.power_w * latencyOf(record);

export function shareOf(reference: Record, share: number): MeasuredBudget {
  const energy_j = energyOf(reference);
  return {
    latency_s: share * latencyOf(reference),
    ...(energy_j === undefined ? {} : { energy_j: share * energy_j }),
  };
}
