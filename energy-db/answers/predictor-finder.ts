import type { Kernel } from "../../src/network/kernel.ts";
import type { PredictedTime, Predictor } from "../fit/predictor.ts";
import { groupBy } from "../group-by.ts";
import type { CostAnswer } from "../records.ts";

/** Answers kept of all families together at most: strangers may ask for every pair of widths there is. */
const mostKept = 500_000;

interface FoundPredictor {
  readonly predictor: Predictor;
  /** Undefined outside what was measured. Answers are kept: a search asks for the same widths millions of times. */
  answer(kernel: Kernel): CostAnswer | undefined;
}

/** Finds a kernel's family by comparing fields: building the family's key would take most of an answer's time. */
export function predictorFinder(
  predictors: readonly Predictor[],
  answerOf: (kernel: Kernel, time: PredictedTime, family: string) => CostAnswer,
): (kernel: Kernel) => FoundPredictor | undefined {
  const kept: Map<number, CostAnswer | undefined>[] = [];
  let count = 0;
  const makeRoom = () => {
    if (++count <= mostKept) return;
    for (const answers of kept) answers.clear();
    count = 1;
  };
  const found = predictors.map((predictor): FoundPredictor => {
    const answers = new Map<number, CostAnswer | undefined>();
    kept.push(answers);
    return {
      predictor,
      answer: (kernel) => {
        const place = kernel.inChannels * 1_000_000 + kernel.outChannels;
        const known = answers.get(place);
        if (known || answers.has(place)) return known;
        const time = predictor.predict(kernel);
        const answer = time && answerOf(kernel, time, predictor.family);
        makeRoom();
        answers.set(place, answer);
        return answer;
      },
    };
  });
  const buckets = groupBy(found, ({ predictor }) => bucketOf(predictor.example));
  return (kernel) =>
    buckets.get(bucketOf(kernel))?.find(({ predictor }) => areRelated(predictor.example, kernel));
}

const bucketOf = ({ inHeight, kernelSize, stride }: Kernel): number =>
  (inHeight * 100 + kernelSize) * 100 + stride;

/** Equal in every field that `kernelFamily` keeps. */
const areRelated = (a: Kernel, b: Kernel): boolean =>
  a.op === b.op &&
  a.inHeight === b.inHeight &&
  a.inWidth === b.inWidth &&
  a.kernelSize === b.kernelSize &&
  a.kernelWidth === b.kernelWidth &&
  a.stride === b.stride &&
  a.strideWidth === b.strideWidth &&
  a.batch === b.batch &&
  a.groups > 1 === b.groups > 1 &&
  a.padding === b.padding &&
  a.variant === b.variant &&
  a.dtype === b.dtype;
