import type { Path } from "../../src/network/blocks/operator-space.ts";
import type { Random } from "../../src/random.ts";

/** Sizes of an evolution. Guo et al. 2020 (section 3.4): 50 paths, 10 parents, 20 generations, a gene in ten mutated. */
export interface EvolutionSettings {
  readonly population: number;
  readonly parents: number;
  readonly generations: number;
  readonly mutationChance: number;
}

export interface EvolutionRequest extends EvolutionSettings {
  /** Names to choose from per block. */
  readonly choices: readonly (readonly string[])[];
  /** Judged with the first generation, so that nothing worse is found. */
  readonly first: Path;
  readonly isLegal: (path: Path) => boolean;
  readonly judge: (path: Path) => Promise<PathScore>;
  readonly random: Random;
  readonly onJudged?: (judged: number) => void;
}

export interface PathScore {
  readonly accuracy: number;
  readonly loss: number;
}

export interface JudgedPath extends PathScore {
  readonly path: Path;
}

export interface Evolved {
  readonly best: JudgedPath;
  readonly first: JudgedPath;
  /** Paths judged. */
  readonly judged: number;
}

/** Tries for every path wanted, after which a generation stays smaller: a small space has few legal ones. */
const triesPerPath = 10;

/**
 * Evolution of paths: every generation is half mutants and half crossings of the best seen so far, filled up by legal paths drawn by
 * chance; no path is judged twice. Of equal accuracies the lower loss wins.
 */
export async function evolve(request: EvolutionRequest): Promise<Evolved> {
  const { population, parents, generations, judge, onJudged } = request;
  const seen = new Set<string>();
  const ranked: JudgedPath[] = [];
  const judgeAll = async (paths: readonly Path[]): Promise<void> => {
    for (const path of paths) {
      ranked.push({ path, ...(await judge(path)) });
      onJudged?.(ranked.length);
    }
    ranked.sort(byScore);
  };
  const draw = drawing(request, seen);
  const start = draw(population - 1, () => randomPath(request), [request.first]);
  await judgeAll(start);
  const first = ranked.find(({ path }) => path === request.first);
  for (let generation = 1; generation < generations; generation++) {
    const best = ranked.slice(0, parents).map(({ path }) => path);
    const half = Math.floor(population / 2);
    const mutants = draw(half, () => mutant(best, request));
    const children = draw(half, () => crossing(best, request.random), mutants);
    const next = draw(population - children.length, () => randomPath(request), children);
    if (next.length === 0) break;
    await judgeAll(next);
  }
  const [best] = ranked;
  if (!best || !first) throw new Error("No path was judged");
  return { best, first, judged: ranked.length };
}

const byScore = (a: PathScore, b: PathScore): number => b.accuracy - a.accuracy || a.loss - b.loss;

/** Draws up to `count` legal paths never seen before, after those already drawn. */
const drawing =
  ({ isLegal }: EvolutionRequest, seen: Set<string>) =>
  (count: number, make: () => Path, drawn: readonly Path[] = []): readonly Path[] => {
    const paths = [...drawn];
    for (const path of drawn) seen.add(path.join());
    const wanted = drawn.length + count;
    for (let tries = 0; paths.length < wanted && tries < triesPerPath * count; tries++) {
      const path = make();
      if (seen.has(path.join()) || !isLegal(path)) continue;
      seen.add(path.join());
      paths.push(path);
    }
    return paths;
  };

const pick = <T>(items: readonly T[], random: Random): T => items[random.below(items.length)] as T;

const randomPath = ({ choices, random }: EvolutionRequest): Path =>
  choices.map((names) => pick(names, random));

function mutant(
  parents: readonly Path[],
  { choices, mutationChance, random }: EvolutionRequest,
): Path {
  const parent = pick(parents, random);
  return choices.map((names, block) =>
    random.uniform() < mutationChance ? pick(names, random) : (parent[block] ?? ""),
  );
}

function crossing(parents: readonly Path[], random: Random): Path {
  const [mother, father] = [pick(parents, random), pick(parents, random)];
  return mother.map((name, block) => (random.below(2) === 0 ? name : (father[block] ?? name)));
}
