import type { NetworkCost, SearchRound, TrainingAccount } from "./history.ts";

export const emptyAccount: TrainingAccount = {
  candidates: 0,
  epochs: 0,
  examples: 0,
  macs: 0,
  latency_s: 0,
  analysisMacs: 0,
};

/** The account with one more round; `analysed` is the network that was looked into to propose it. */
export function withRound(
  account: TrainingAccount,
  { candidates, analysedExamples = 0 }: SearchRound,
  analysed: NetworkCost | undefined,
): TrainingAccount {
  const sum = (of: (candidate: SearchRound["candidates"][number]) => number): number =>
    candidates.reduce((total, candidate) => total + of(candidate), 0);
  return {
    candidates: account.candidates + candidates.length,
    epochs: account.epochs + sum(({ epochs }) => epochs),
    examples: account.examples + sum(({ examples }) => examples),
    macs: account.macs + sum(({ examples, cost }) => examples * cost.macs),
    latency_s: account.latency_s + sum(({ examples, cost }) => examples * cost.latency_s),
    analysisMacs: account.analysisMacs + analysedExamples * (analysed?.macs ?? 0),
  };
}
