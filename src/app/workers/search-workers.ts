import type { CellWorkers, TrialWorkers } from "../../../search/index.ts";
import { WorkerDeath, type WorkerPool } from "./pool.ts";

/** A candidate at which so many processes died is given up, and with it the search: it would go on so. */
const mostDeaths = 3;

async function despiteDeaths<T>(attempt: () => Promise<T>): Promise<T> {
  for (let deaths = 1; ; deaths++)
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WorkerDeath) || deaths === mostDeaths) throw error;
    }
}

/** Trains trials in a pool that works on images. A trial whose process dies goes on in another from its last epoch. */
export const trialWorkers = (pool: WorkerPool): TrialWorkers => ({
  count: pool.count,
  train: (trial, { recipe, seed }, { round, onEpoch, onStep }) => {
    let last = trial;
    return despiteDeaths(async () => {
      const job = { trial: last, recipe, seed, round };
      const trained = await pool.run(job, (news) => {
        if ("epochsDone" in news) {
          onStep(news.epochsDone);
          return;
        }
        last = news.trial;
        onEpoch(last);
      });
      return trained as typeof trial;
    });
  },
});

/** Trains cells in a pool that works on a text; one whose process dies is trained anew in another. */
export const cellWorkers = (pool: WorkerPool): CellWorkers => ({
  count: pool.count,
  perplexity: (model, run) =>
    despiteDeaths(async () => (await pool.run({ ...model, run })) as number),
});
