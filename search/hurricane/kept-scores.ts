import { z } from "zod";
import type { Path } from "../../src/network/blocks/operator-space.ts";
import { finiteOrNull, keptAnswers, type UnfinishedAnalysis } from "../unfinished-analysis.ts";
import type { PathScore } from "./evolve.ts";

const scoreSchema = z.object({ accuracy: z.number(), loss: z.number().nullable() });

/**
 * Judges no path again that was judged before a kill: an evolution draws the same paths from the same seed, so that with their scores it
 * comes to where it was.
 */
export function keptScores(
  analysis: UnfinishedAnalysis | undefined,
  judge: (path: Path) => Promise<PathScore>,
): (path: Path) => Promise<PathScore> {
  if (!analysis) return judge;
  const scoreOf = keptAnswers(
    analysis,
    scoreSchema,
    (path: Path) => path.join(" "),
    async (path) => {
      const { accuracy, loss } = await judge(path);
      return { accuracy, loss: finiteOrNull(loss) };
    },
  );
  return async (path) => {
    const { accuracy, loss } = (await scoreOf(path)).answer;
    return { accuracy, loss: loss ?? Number.POSITIVE_INFINITY };
  };
}
