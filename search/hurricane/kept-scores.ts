import { z } from "zod";
import type { Path } from "../../src/network/blocks/operator-space.ts";
import type { UnfinishedAnalysis } from "../unfinished-analysis.ts";
import type { PathScore } from "./evolve.ts";

const scoresSchema = z.record(
  z.string(),
  // JSON has no Infinity: the loss of a path that diverged.
  z.object({ accuracy: z.number(), loss: z.number().nullable() }),
);

/**
 * Judges no path again that was judged before a kill: an evolution draws the same paths from the same seed, so that with their scores it
 * comes to where it was.
 */
export function keptScores(
  analysis: UnfinishedAnalysis | undefined,
  judge: (path: Path) => Promise<PathScore>,
): (path: Path) => Promise<PathScore> {
  if (!analysis) return judge;
  const known = scoresSchema.parse(analysis.read() ?? {});
  return async (path) => {
    const key = path.join(" ");
    const kept = known[key];
    if (kept) return { accuracy: kept.accuracy, loss: kept.loss ?? Number.POSITIVE_INFINITY };
    const { accuracy, loss } = await judge(path);
    known[key] = { accuracy, loss: Number.isFinite(loss) ? loss : null };
    analysis.keep(known);
    return { accuracy, loss };
  };
}
