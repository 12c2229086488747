import { chooseOperators, laterFirst, type OperatorSearch, oneStage } from "../../search/index.ts";
import { seededRandom, shuffled } from "../../src/random.ts";

type Choose = OperatorSearch["choose"];

/** The operators of Guo et al. 2020, chosen by people for every device alike. */
const byHand: Choose = (pools) => {
  const names = ["choice_k3", "choice_k5", "choice_k7", "choicex"];
  return pools.map((pool) => pool.filter(({ name }) => names.includes(name)));
};

const byScore: Choose = (pools, { perBlock }) =>
  chooseOperators(pools, { size: perBlock, keepsCheapest: true });

/** As many operators as `byScore` gives, drawn by chance for every block; the cheapest stays, so that the limit can be met. */
const drawn =
  (draw: number): Choose =>
  (pools, { perBlock }) => {
    const random = seededRandom(1000 + draw);
    return pools.map((pool) => {
      const cheapest = pool.reduce((least, one) => (one.cost < least.cost ? one : least));
      const others = shuffled(pool, random).filter((one) => one !== cheapest);
      return [cheapest, ...others.slice(0, perBlock - 1)];
    });
  };

export interface Arm {
  readonly label: string;
  readonly choose: Choose;
  readonly stages: OperatorSearch["stages"];
  /** Paths are trained by themselves, for as long as a supernet in sum, and the best is delivered. */
  readonly isRandomSearch?: true;
}

export const arms: readonly Arm[] = [
  { label: "by hand, one stage", choose: byHand, stages: oneStage },
  { label: "all operators, one stage", choose: (pools) => pools, stages: oneStage },
  { label: "by score, one stage", choose: byScore, stages: oneStage },
  { label: "by score, two stages", choose: byScore, stages: laterFirst },
  ...[1, 2, 3].map((draw) => ({
    label: `by chance ${draw}, one stage`,
    choose: drawn(draw),
    stages: oneStage,
  })),
  { label: "by score, random search", choose: byScore, stages: oneStage, isRandomSearch: true },
];
