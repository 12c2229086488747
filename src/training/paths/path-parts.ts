import {
  joined,
  type OperatorSpace,
  operatorParts,
  type Path,
  pathParts,
  uniformPath,
} from "../../network/blocks/operator-space.ts";
import type { Network } from "../../network/network.ts";
import { parametersOf } from "../../network/parameters.ts";
import type { TensorValue } from "../../tensor/index.ts";
import type { Optimizer } from "../optimizers.ts";
import { trainedState } from "../train-step.ts";
import { stateValues, type TrainingState } from "../training-state.ts";

/** A part of a path: stem, blocks filled by operators, and tail, or several of them that follow each other. */
export interface PathPart {
  readonly network: Network;
  readonly isFirst: boolean;
  /** Names of its parameters and their slots. */
  readonly keys: readonly string[];
  /** Names of its moving moments. */
  readonly moments: readonly string[];
}

/** Parameters and slots of all parts that were ever trained, by name. */
export type PathValues = Map<string, TensorValue>;

/**
 * A part has programs for so many combinations of operators at most. Every border between parts costs time in a step (the images and
 * slopes are copied, and all parts but the last compute their forward pass twice), every program time to compile and memory.
 */
const mostCombinations = 16;

/**
 * Where parts begin, of places (stem, blocks, tail) with so many choices each: as long as possible, from the end on, since the last
 * part computes nothing twice.
 */
export function partStarts(choices: readonly number[]): readonly number[] {
  const starts: number[] = [];
  let combinations = 1;
  for (let place = choices.length - 1; place >= 0; place--) {
    const own = choices[place] ?? 1;
    // A place without a choice costs no programs, however many there are.
    const isAllowed = own * combinations <= Math.max(mostCombinations, own, combinations);
    if (!isAllowed) starts.unshift(place + 1);
    combinations = isAllowed ? own * combinations : own;
  }
  return [0, ...starts];
}

/** Every part that paths of a space may have. */
export class PathParts {
  readonly #space: OperatorSpace;
  readonly #optimizer: Optimizer;
  readonly #starts: readonly number[];
  /** By place and operators. */
  readonly #known = new Map<string, PathPart>();

  /** Parts suit paths through so many operators per block; without them every block is a part of its own. */
  constructor(space: OperatorSpace, optimizer: Optimizer, choices?: readonly number[]) {
    this.#space = space;
    this.#optimizer = optimizer;
    const places = space.blocks.length + 2;
    this.#starts = choices ? partStarts([1, ...choices, 1]) : [...Array(places).keys()];
  }

  /** The parts of a path: all but the last one, and that. */
  along(path: Path): { readonly inner: readonly PathPart[]; readonly last: PathPart } {
    let networks: readonly Network[] | undefined;
    const parts = this.#starts.map((start, i) => {
      const end = this.#starts[i + 1] ?? path.length + 2;
      // Block 0 stands after the stem.
      const key = `${start} ${path.slice(Math.max(0, start - 1), end - 1).join(" ")}`;
      const known = this.#known.get(key);
      if (known) return known;
      networks ??= pathParts(this.#space, path);
      const part = partOf(joined(networks.slice(start, end)), this.#optimizer, start === 0);
      this.#known.set(key, part);
      return part;
    });
    const last = parts.at(-1);
    if (!last) throw new Error(`Space ${this.#space.name} has no parts`);
    return { inner: parts.slice(0, -1), last };
  }

  /** What a state has of all parts, as programs read it. */
  values(state: TrainingState): PathValues {
    const whole = pathParts(
      this.#space,
      uniformPath(this.#space, this.#space.operators[0]?.name ?? ""),
    );
    const blocks = operatorParts(this.#space).flat();
    const networks = [
      ...whole.slice(0, 1),
      ...blocks.map(({ network }) => network),
      ...whole.slice(-1),
    ];
    return new Map(
      networks
        .map((network) => ({ network, keys: keysOf(network, this.#optimizer) }))
        .filter(({ keys }) => keys.every((key) => isKnown(key, state)))
        .flatMap(({ network }) => Object.entries(stateValues(network, state, this.#optimizer))),
    );
  }
}

/** Slots are not needed where nothing is trained. */
const isKnown = (key: string, { weights, slots }: TrainingState): boolean =>
  weights.has(key) || slots.has(key) || (slots.size === 0 && key.includes(":"));

const keysOf = (network: Network, optimizer: Optimizer): readonly string[] =>
  Object.keys(trainedState(network, optimizer).inputs);

function partOf(network: Network, optimizer: Optimizer, isFirst: boolean): PathPart {
  return {
    network,
    isFirst,
    keys: keysOf(network, optimizer),
    moments: parametersOf(network).flatMap(({ name, trainable }) => (trainable ? [] : [name])),
  };
}
