import { networkMacs } from "../costs.ts";
import type { Layer, Shape } from "../layer.ts";
import { type Network, networkInput, placeLayers } from "../network.ts";
import type { BlockOperator } from "./block.ts";

/** A network of blocks, each of which may be filled by any of these operators. */
export interface OperatorSpace {
  readonly name: string;
  readonly input: Shape;
  /** Layers before the blocks. */
  readonly stem: readonly Layer[];
  readonly blocks: readonly SearchableBlock[];
  /** Layers after the blocks. */
  readonly tail: readonly Layer[];
  readonly operators: readonly BlockOperator[];
  /** Operators that a search keeps of every block. */
  readonly perBlock: number;
  /** Blocks that a search in stages leaves for last. */
  readonly earlyBlocks: number;
}

export interface SearchableBlock {
  readonly name: string;
  readonly width: number;
  readonly stride: number;
}

/** The name of an operator for every block. */
export type Path = readonly string[];

/**
 * The network of a path in parts: stem, one per block, tail. Each is a network of its own whose input is what the part before
 * gives; names of layers say block and operator, so that weights of one name are of one shape in all paths.
 */
export function pathParts(space: OperatorSpace, path: Path): readonly Network[] {
  if (path.length !== space.blocks.length)
    throw new Error(`${path.length} operators for ${space.blocks.length} blocks of ${space.name}`);
  let input = space.input;
  const part = (name: string, layers: readonly Layer[]): Network => {
    const network = { name, input, layers };
    input = placeLayers(network).at(-1)?.out ?? input;
    return network;
  };
  return [
    part(`${space.name}-stem`, space.stem),
    ...space.blocks.map(({ name, ...block }, i) => {
      const operator = operatorOf(space, path[i] ?? "");
      const place = { ...block, name: `${name}-${operator.name}`, inChannels: input.channels };
      return part(place.name, operator.layers(place));
    }),
    part(`${space.name}-tail`, space.tail),
  ];
}

function operatorOf(space: OperatorSpace, name: string): BlockOperator {
  const found = space.operators.find((operator) => operator.name === name);
  if (!found) throw new Error(`Space ${space.name} has no operator "${name}"`);
  return found;
}

/** The network of a path. */
export const pathNetwork = (space: OperatorSpace, path: Path): Network => ({
  ...joined(pathParts(space, path)),
  name: space.name,
});

/** Parts of a path that follow each other as one network, named after all of them. */
export function joined(parts: readonly Network[]): Network {
  const [first] = parts;
  if (!first) throw new Error("No parts to join");
  let before = networkInput;
  const layers = parts.flatMap((part) => {
    const from = before;
    before = part.layers.at(-1)?.name ?? before;
    return part.layers.map((layer) => readingFrom(layer, from));
  });
  return { name: parts.map(({ name }) => name).join("+"), input: first.input, layers };
}

/** The layer, reading `from` where it read its part's input. */
const readingFrom = (layer: Layer, from: string): Layer =>
  layer.inputs?.includes(networkInput)
    ? ({
        ...layer,
        inputs: layer.inputs.map((name) => (name === networkInput ? from : name)),
      } as Layer)
    : layer;

/** One operator in every block. */
export const uniformPath = (space: OperatorSpace, operator: string): Path =>
  space.blocks.map(() => operator);

/** The path of fewest multiply-accumulates. */
export const smallestPath = (space: OperatorSpace): Path =>
  operatorParts(space).map(
    (parts) =>
      parts.reduce((least, part) =>
        networkMacs(part.network) < networkMacs(least.network) ? part : least,
      ).operator,
  );

/** A block filled by an operator, as a network of its own. */
export interface FilledBlock {
  readonly operator: string;
  readonly network: Network;
}

/** Every block filled by every operator, in the order of the pool. */
export function operatorParts(space: OperatorSpace): readonly (readonly FilledBlock[])[] {
  const paths = space.operators.map(({ name }) => {
    const parts = pathParts(space, uniformPath(space, name)).slice(1, -1);
    return parts.map((network): FilledBlock => ({ operator: name, network }));
  });
  return space.blocks.map((_, block) => paths.flatMap((parts) => parts[block] ?? []));
}
