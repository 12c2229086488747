import { trainTrial } from "../../../search/index.ts";
import type { Engine } from "../../tensor/index.ts";
import { searchData } from "../workflows/search-run.ts";
import type { ImageWork, News, TrialJob } from "./messages.ts";

/** News of fractions of an epoch are no more frequent. */
const newsEvery_ms = 200;

/** Loads the data set; then every job is a trial to be trained to its end. */
export async function openImageWork({ data: name, input, dataSeed }: ImageWork, engine: Engine) {
  const data = await searchData(name, input, dataSeed);
  return (job: TrialJob, onNews: (news: News) => void): Promise<unknown> => {
    const { trial, recipe, seed, round } = job;
    let told_ms = Number.NEGATIVE_INFINITY;
    return trainTrial(
      trial,
      { engine, data, recipe, seed },
      {
        round,
        onEpoch: (now) => onNews({ trial: now }),
        onStep: (epochsDone) => {
          const now_ms = performance.now();
          if (now_ms - told_ms < newsEvery_ms) return;
          told_ms = now_ms;
          onNews({ epochsDone });
        },
      },
    );
  };
}
