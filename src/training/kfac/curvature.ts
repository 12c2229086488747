import type { Network } from "../../network/network.ts";
import type { Random } from "../../random.ts";
import type { Engine, Program, TensorValue } from "../../tensor/index.ts";
import { curvatureStep } from "./curvature-step.ts";
import { Inverter } from "./inverse.ts";
import { factorNames, type LayerKfacOptions } from "./kfac.ts";
import { type NaturalLayer, naturalLayers } from "./natural-layers.ts";

type Values = Readonly<Record<string, TensorValue>>;

/** What some looks have shown. */
export interface Curvature {
  readonly looks: number;
  /** Running averages of every layer's factors, under `factorNames`. */
  readonly factors: Values;
  /** They damped and inverted: inputs of a training step. */
  readonly inverses: Values;
}

/** Looks at the curvature of one network on one engine. Close with `release`. */
export class CurvatureWatch {
  readonly #engine: Engine;
  readonly #network: Network;
  readonly #options: LayerKfacOptions;
  readonly #inverter: Inverter;
  readonly #programs = new Map<number, Promise<Program>>();

  constructor(engine: Engine, network: Network, options: LayerKfacOptions) {
    this.#engine = engine;
    this.#network = network;
    this.#options = options;
    this.#inverter = new Inverter(engine);
  }

  /** That of one batch, averaged with what was seen `before`. `values` holds x and every parameter. */
  async look(values: Values, random: Random, before?: Curvature): Promise<Curvature> {
    const batch = values.x?.shape[0] ?? 0;
    const { fn, inputs, state } = curvatureStep(this.#network, { batch });
    const name = `${this.#network.name}-curvature-${batch}`;
    const program = this.#programs.get(batch) ?? this.#engine.compile(name, fn, inputs, { state });
    this.#programs.set(batch, program);
    const noise = gumbelNoise(random, inputs.noise?.shape ?? []);
    const read = Object.keys(inputs).map((key) => [key, key === "noise" ? noise : values[key]]);
    const seen = await (await program).run(Object.fromEntries(read));
    const looks = (before?.looks ?? 0) + 1;
    const keep = Math.min(this.#options.keep, 1 - 1 / looks);
    const factors = before ? averaged(before.factors, seen, keep) : seen;
    return { looks, factors, inverses: await this.#inverted(factors) };
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release();
    this.#programs.clear();
    await this.#inverter.release();
  }

  async #inverted(factors: Values): Promise<Values> {
    const inverses: Record<string, TensorValue> = {};
    for (const layer of naturalLayers(this.#network)) {
      const names = factorNames(layer.placed.layer.name);
      const [inputs, gradients] = [factors[names.inputs], factors[names.gradients]];
      if (!inputs || !gradients) throw new Error(`No factors of "${layer.placed.layer.name}"`);
      const damping = factoredDamping(layer, { inputs, gradients }, this.#options.damping);
      inverses[names.inputs] = await this.#inverse(inputs, damping.inputs);
      inverses[names.gradients] = await this.#inverse(gradients, damping.gradients);
    }
    return inverses;
  }

  async #inverse(factor: TensorValue, damping: number): Promise<TensorValue> {
    const square = { size: factor.shape[0] ?? 0, data: factor.data as Float32Array };
    const { data } = await this.#inverter.invert(square, { damping });
    return { ...factor, data };
  }
}

/**
 * What is added to the diagonals of V and U for a damping lambda: pi sqrt(lambda) and sqrt(lambda) / pi, where pi^2 is the
 * ratio of their mean diagonals (Martens and Grosse 2015, section 6.3).
 */
function factoredDamping(
  { rows, width }: NaturalLayer,
  { inputs, gradients }: { readonly inputs: TensorValue; readonly gradients: TensorValue },
  lambda: number,
): { readonly inputs: number; readonly gradients: number } {
  const ratio = trace(inputs) / rows / (trace(gradients) / width);
  // A layer that gets no gradient, or reads nothing, has no ratio; its steps are 0 anyhow.
  const pi = Number.isFinite(ratio) && ratio > 0 ? Math.sqrt(ratio) : 1;
  return { inputs: pi * Math.sqrt(lambda), gradients: Math.sqrt(lambda) / pi };
}

function trace({ shape: [size = 0], data }: TensorValue): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += data[i * (size + 1)] ?? 0;
  return sum;
}

const averaged = (old: Values, fresh: Values, keep: number): Values =>
  Object.fromEntries(
    Object.entries(fresh).map(([name, value]) => {
      const before = old[name]?.data ?? value.data;
      const data = Float32Array.from(
        value.data,
        (entry, i) => keep * (before[i] ?? 0) + (1 - keep) * entry,
      );
      return [name, { ...value, data }];
    }),
  );

/** The largest of log-probabilities plus such noise is a draw from them. */
function gumbelNoise(random: Random, shape: readonly number[]): TensorValue {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, () => -Math.log(-Math.log(1 - random.uniform())));
  return { shape, dtype: "float32", data };
}
