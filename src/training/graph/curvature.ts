import type { TensorValue } from "../../tensor/index.ts";
import type { Inverter, Square } from "../kfac/inverse.ts";
import { factorNames, factorScales, type KfacOptions } from "../kfac/kfac.ts";
import { curvatureProgram, featureProducts, type GcnStep } from "./gcn.ts";
import type { GraphPrograms } from "./programs.ts";

type Values = Readonly<Record<string, TensorValue>>;

/** The damped, inverted Kronecker factors of a graph network's Fisher blocks. */
export class GraphCurvature {
  readonly #programs: GraphPrograms;
  readonly #inverter: Inverter;
  readonly #x: TensorValue;
  /** Of the first layer's inputs, by scale and damping: they never change. */
  readonly #featureInverses = new Map<string, Square>();

  /** `x` is what `propagatedFeatures` gives. */
  constructor(programs: GraphPrograms, inverter: Inverter, x: TensorValue) {
    this.#programs = programs;
    this.#inverter = inverter;
    this.#x = x;
  }

  /**
   * What a step that preconditions reads beside `firstFactor`, at the weights, mask and pseudo-label `weight` (0 without) of
   * `values`.
   */
  async factors(
    step: GcnStep,
    options: KfacOptions,
    values: Values,
    weight: number,
  ): Promise<Values> {
    const { hidden, classes } = step.shape;
    const sums = await this.#programs.run("curvature", () => curvatureProgram(step), values);
    const damping = Math.sqrt(options.damping);
    const scales = (width: number) => scalesOf(step, options, { weight, width });
    const inverse = (name: string, size: number, scale: number) =>
      this.#inverter.invert({ size, data: floatsOf(sums, name) }, { scale, damping });
    const isInputs = options.factors !== "gradients";
    const isGradients = options.factors !== "inputs";
    const found = (isUsed: boolean, size: number, make: () => Promise<Square>) =>
      isUsed ? make() : nothing(size, damping);
    const [first, second] = [factorNames("layer1"), factorNames("layer2")];
    return valuesOf({
      [first.gradients]: await found(isGradients, hidden, () =>
        inverse("gradients1", hidden, scales(hidden).gradients),
      ),
      [second.inputs]: await found(isInputs, hidden + 1, () =>
        inverse("inputs2", hidden + 1, scales(classes).inputs),
      ),
      [second.gradients]: await found(isGradients, classes, () =>
        options.head === "exact"
          ? inverse("fisher2", classes, 1)
          : inverse("gradients2", classes, scales(classes).gradients),
      ),
    });
  }

  /** The factor of the first layer's inputs, which neither weights nor masks change. */
  async firstFactor(step: GcnStep, options: KfacOptions, weight: number): Promise<Values> {
    const { features, hidden } = step.shape;
    const damping = Math.sqrt(options.damping);
    const { inputs } = scalesOf(step, options, { weight, width: hidden });
    const inverse =
      options.factors === "gradients"
        ? nothing(features + 1, damping)
        : await this.#featureInverse(step, inputs, damping);
    return valuesOf({ [factorNames("layer1").inputs]: inverse });
  }

  async #featureInverse({ shape }: GcnStep, scale: number, damping: number): Promise<Square> {
    const key = `${scale} ${damping}`;
    const known = this.#featureInverses.get(key);
    if (known) return known;
    const program = () => featureProducts(shape);
    const sums = await this.#programs.run("features", program, { x: this.#x });
    const products = { size: shape.features + 1, data: floatsOf(sums, "products") };
    const inverse = await this.#inverter.invert(products, { scale, damping });
    this.#featureInverses.set(key, inverse);
    return inverse;
  }
}

/** What sums become factors by, where the pseudo-label term weighs `weight` and the layer has `width` outputs. */
const scalesOf = (
  { shape: { nodes: rows }, labelled }: GcnStep,
  options: KfacOptions,
  { weight, width }: { readonly weight: number; readonly width: number },
) => factorScales(options, { rows, counted: labelled + weight * (rows - labelled), width });

const valuesOf = (inverses: Readonly<Record<string, Square>>): Values =>
  Object.fromEntries(
    Object.entries(inverses).map(([name, { size, data }]) => [
      name,
      { shape: [size, size], dtype: "float32", data },
    ]),
  );

/** A factor left out is zero: its damping stays, so that steps keep their length. */
const nothing = (size: number, damping: number): Square => diagonal(size, 1 / damping);

const floatsOf = (values: Values, name: string): Float32Array => {
  const data = values[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`No output "${name}"`);
  return data;
};

const diagonal = (size: number, entry: number): Square => ({
  size,
  data: Float32Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? entry : 0)),
});
