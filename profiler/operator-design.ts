import {
  type OperatorSpace,
  type Path,
  pathNetwork,
} from "../src/network/blocks/operator-space.ts";
import type { Network } from "../src/network/network.ts";
import { type Random, shuffled } from "../src/random.ts";

/**
 * Networks in which every operator stands in every block about equally often, each time among others: as many paths as asked for,
 * every block's operators dealt out in an order of its own.
 */
export function operatorDesign(
  space: OperatorSpace,
  count: number,
  random: Random,
): readonly Network[] {
  const names = space.operators.map(({ name }) => name);
  const rounds = Math.ceil(count / names.length);
  const columns = space.blocks.map(() =>
    Array.from({ length: rounds }, () => shuffled(names, random)).flat(),
  );
  return Array.from({ length: count }, (_, i) =>
    pathNetwork(
      space,
      columns.map((column) => column[i] ?? ""),
    ),
  );
}

/** Draws that may come to nothing new before fewer paths are held out: a small space has few. */
const patience = 10;

/** Paths drawn by chance, none of which is in `design`. */
export function heldOutPaths(
  space: OperatorSpace,
  count: number,
  design: readonly Network[],
  random: Random,
): readonly Network[] {
  const keyOf = ({ layers }: Network) => layers.map(({ name }) => name).join();
  const seen = new Set(design.map(keyOf));
  const drawn: Network[] = [];
  for (let tries = 0; drawn.length < count && tries < patience * count; tries++) {
    const path: Path = space.blocks.map(
      () => space.operators[random.below(space.operators.length)]?.name ?? "",
    );
    const network = pathNetwork(space, path);
    if (seen.has(keyOf(network))) continue;
    seen.add(keyOf(network));
    drawn.push(network);
  }
  return drawn;
}
