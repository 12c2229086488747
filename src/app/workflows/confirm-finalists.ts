import type { Budget, Confirmation, SearchContext } from "../../../search/index.ts";
import type { Network } from "../../network/network.ts";
import { formatJoules, formatSeconds } from "../../units.ts";
import {
  type Estimate,
  energyEstimate,
  judgedLatency,
  latencyEstimate,
  type MeasuredLatency,
  ratioOf,
  scaled,
} from "./judged-latency.ts";
import type { VerificationRecord } from "./search-folder.ts";
import { runVerify, type VerifyRun } from "./verify-run.ts";

type MeasuredBudget = Pick<Budget, "latency_s" | "energy_j">;
type Record = MeasuredLatency & Pick<VerificationRecord, "predicted_s" | "energy">;

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
    if (!relative) return confirmations(await runVerify(run, finalists), limitsOf(budget));
    const { network, share } = relative;
    const [reference, ...records] = await runVerify(run, [
      { label: "the reference", network },
      ...finalists,
    ]);
    return confirmations(records, reference ? shareOf(reference, share) : limitsOf(budget));
  };

/** What networks may take, with an interval where it was measured. */
export interface Limits {
  readonly latency?: Estimate;
  readonly energy?: Estimate;
}

const exactly = (value: number): Estimate => ({ value, low: value, high: value });

export const limitsOf = ({ latency_s, energy_j }: MeasuredBudget): Limits => ({
  ...(latency_s === undefined ? {} : { latency: exactly(latency_s) }),
  ...(energy_j === undefined ? {} : { energy: exactly(energy_j) }),
});

/** How much of a budget measured networks take, and what that is in words. */
export const confirmations = (
  records: readonly Record[],
  { latency, energy }: Limits,
): readonly Confirmation[] =>
  records.map((record) => {
    const own_j = energyEstimate(record);
    const taken = [
      ...(latency ? [ratioOf(latencyEstimate(record), latency)] : []),
      ...(energy && own_j ? [ratioOf(own_j, energy)] : []),
    ];
    return {
      ofBudget: Math.max(0, ...taken.map(({ value }) => value)),
      ofBudgetAtMost: Math.max(0, ...taken.map(({ high }) => high)),
      words: [
        `${formatSeconds(judgedLatency(record).latency_s)} (${formatSeconds(record.predicted_s)} predicted)`,
        ...energyWords(record),
      ].join(", "),
    };
  });

function energyWords(record: Record): readonly string[] {
  const own_j = energyEstimate(record);
  return own_j === undefined
    ? []
    : [`${formatJoules(own_j.value)} ${record.energy?.provenance ?? ""}`];
}

export function shareOf(reference: Record, share: number): Limits {
  const energy = energyEstimate(reference);
  return {
    latency: scaled(latencyEstimate(reference), share),
    ...(energy ? { energy: scaled(energy, share) } : {}),
  };
}
