import { UserError } from "../src/errors.ts";
import { isWide } from "../src/network/layer.ts";
import { type Network, placeLayers, withWidths } from "../src/network/network.ts";
import { widthGroups } from "../src/network/width-groups.ts";

/** A width group of a search space and the widths it may take. */
export interface GroupRange {
  readonly name: string;
  readonly writers: readonly string[];
  /** Groups that a layer of this group reads; empty for the first. */
  readonly reads: readonly string[];
  readonly floor: number;
  readonly cap: number;
}

/** Networks of one shape with widths between a floor and a cap per group. The output's width is fixed. */
export interface SearchSpace {
  readonly name: string;
  readonly network: Network;
  readonly batch: number;
  /** Widths are multiples of this, floors and caps apart. */
  readonly grid: number;
  readonly groups: readonly GroupRange[];
}

export interface SpaceOptions {
  readonly name?: string;
  /** Its widths are the floors of groups that `floors` does not name. */
  readonly network: Network;
  /** Widest width by group; a group that is missing keeps the network's width. */
  readonly caps: ReadonlyMap<string, number>;
  readonly floors?: ReadonlyMap<string, number>;
  readonly grid?: number;
  readonly batch?: number;
}

/** Throws a UserError for a cap below its floor or of an unknown group. */
export function searchSpace(options: SpaceOptions): SearchSpace {
  const { network, caps, floors, grid = 1, batch = 1, name = network.name } = options;
  const groups = widthGroups(network);
  const placed = placeLayers(network);
  const inner = groups.filter(({ isFree }) => isFree);
  const groupOf = new Map(inner.flatMap(({ name, layers }) => layers.map((l) => [l, name])));
  for (const given of [...caps.keys(), ...(floors?.keys() ?? [])])
    if (!inner.some((group) => group.name === given))
      throw new UserError(`No width group "${given}" in network "${network.name}"`, {
        hint: `Width groups: ${inner.map((group) => group.name).join(", ")}`,
        exit: "usage",
      });
  return {
    name,
    network,
    batch,
    grid,
    groups: inner.map((group) => {
      const floor = floors?.get(group.name) ?? group.width;
      const cap = caps.get(group.name) ?? group.width;
      if (cap < floor)
        throw new UserError(`Width group "${group.name}": cap ${cap} is below its floor ${floor}`, {
          hint: "Give a cap of at least the floor.",
          exit: "usage",
        });
      const reads = placed
        .filter(({ layer }) => isWide(layer) && groupOf.get(layer.name) === group.name)
        .flatMap(({ inputs }) => inputs.flatMap((input) => groupOf.get(input) ?? []));
      return { name: group.name, writers: group.writers, reads: [...new Set(reads)], floor, cap };
    }),
  };
}

/** The space's network with these widths, in the order of its groups. */
export function networkWith(space: SearchSpace, widths: readonly number[]): Network {
  const byLayer = new Map(
    space.groups.flatMap(({ writers }, i) =>
      writers.map((writer): [string, number] => [writer, widths[i] ?? 1]),
    ),
  );
  return withWidths(space.network, byLayer);
}
