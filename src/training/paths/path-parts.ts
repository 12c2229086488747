import {
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

/** A part of a path: the stem, a block filled by an operator, or the tail. */
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

/** Every part that paths of a space may have. */
export class PathParts {
  readonly #optimizer: Optimizer;
  readonly #stem: PathPart;
  /** By operator, for every block. */
  readonly #blocks: readonly ReadonlyMap<string, PathPart>[];
  readonly #tail: PathPart;

  constructor(space: OperatorSpace, optimizer: Optimizer) {
    this.#optimizer = optimizer;
    const whole = pathParts(space, uniformPath(space, space.operators[0]?.name ?? ""));
    const [stem, tail] = [whole[0], whole.at(-1)];
    if (!stem || !tail) throw new Error(`Space ${space.name} has no parts`);
    this.#stem = partOf(stem, optimizer, true);
    this.#tail = partOf(tail, optimizer, false);
    this.#blocks = operatorParts(space).map(
      (parts) =>
        new Map(
          parts.map(({ operator, network }) => [operator, partOf(network, optimizer, false)]),
        ),
    );
  }

  /** The parts of a path: all but the last one, and that. */
  along(path: Path): { readonly inner: readonly PathPart[]; readonly last: PathPart } {
    const blocks = this.#blocks.map((parts, block) => {
      const part = parts.get(path[block] ?? "");
      if (!part) throw new Error(`Block ${block + 1} has no operator "${path[block]}"`);
      return part;
    });
    return { inner: [this.#stem, ...blocks], last: this.#tail };
  }

  /** What a state has of all parts, as programs read it. */
  values(state: TrainingState): PathValues {
    const parts = [this.#stem, ...this.#blocks.flatMap((all) => [...all.values()]), this.#tail];
    return new Map(
      parts
        .filter(({ keys }) => keys.every((key) => isKnown(key, state)))
        .flatMap(({ network }) => Object.entries(stateValues(network, state, this.#optimizer))),
    );
  }
}

/** Slots are not needed where nothing is trained. */
const isKnown = (key: string, { weights, slots }: TrainingState): boolean =>
  weights.has(key) || slots.has(key) || (slots.size === 0 && key.includes(":"));

function partOf(network: Network, optimizer: Optimizer, isFirst: boolean): PathPart {
  return {
    network,
    isFirst,
    keys: Object.keys(trainedState(network, optimizer).inputs),
    moments: parametersOf(network).flatMap(({ name, trainable }) => (trainable ? [] : [name])),
  };
}
