import type { CandidateRecord, SearchHistory, SearchRound } from "./history.ts";

/** The round that trains the network to be delivered, and its candidates. */
export const finalRound = {
  kind: "final",
  scratch: "from scratch",
  inherited: "inherited weights",
} as const;

/** Rounds that compare networks from scratch: their weights are not gone on with. */
export const comparingKind = "finalists";
export const trialKind = "trials";
const comparingKinds: readonly string[] = [comparingKind, trialKind];

/** Rounds that try drawn shapes, each by itself. */
export const shapesKind = "shapes";

/** Whether a candidate's weights were drawn anew, not inherited from the network before. */
export const isFromScratch = ({ round, kind }: SearchRound, { label }: CandidateRecord): boolean =>
  round === 0 ||
  comparingKinds.includes(kind) ||
  kind === shapesKind ||
  (kind === finalRound.kind && label === finalRound.scratch);

/** Epochs that the delivered weights went through: of the last training where that began from scratch, else of all kept before too. */
export function epochsBehind({ rounds }: SearchHistory): number {
  const last = rounds[rounds.length - 1];
  const isInherited = last?.candidates[last.kept ?? 0]?.label === finalRound.inherited;
  const behind = isInherited ? rounds.filter(({ kind }) => !comparingKinds.includes(kind)) : [last];
  return behind.reduce((sum, round) => {
    const kept = round?.kept === undefined ? undefined : round.candidates[round.kept];
    return sum + (kept?.epochs ?? 0);
  }, 0);
}
