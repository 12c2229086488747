import { isWide } from "../../src/network/layer.ts";
import { type Network, placeLayers } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import type { SplittingGroup, ThetaPart } from "./groups.ts";
import type { NeuronVectors, SplittingProducts } from "./products.ts";

/**
 * S between projections that take out theta itself, where batch norm follows: in training every copy of a neuron is normalised
 * by its own moments, so what a displacement along theta gains is lost with the first step. On a residual stream every
 * writer has moments of its own, and its own part of theta is taken out.
 */
export function withoutScale(
  products: SplittingProducts,
  network: Network,
  weights: Weights,
): SplittingProducts {
  const normalised = new Set(
    placeLayers(network).flatMap(({ layer }) =>
      isWide(layer) && "batchNorm" in layer && layer.batchNorm ? [layer.name] : [],
    ),
  );
  const filters = new Map(
    products.groups.map((group) => [
      group.group.name,
      group.theta
        .filter(({ writer }) => normalised.has(writer))
        .map((part) => unitFilters(part, group, weights)),
    ]),
  );
  const projected = (vectors: NeuronVectors): NeuronVectors =>
    new Map(
      [...vectors].map(([group, rows]) => {
        const units = filters.get(group) ?? [];
        return [group, units.reduce(projectedRows, rows)];
      }),
    );
  return {
    ...products,
    multiply: async (of, examples, directions) => {
      const { products: images, loss } = await products.multiply(
        of,
        examples,
        projected(directions),
      );
      return { products: projected(images), loss };
    },
  };
}

/** Rows that are 0 but for one part of theta, where they have unit length. */
interface UnitRows {
  /** [neurons, dimension of the part] */
  readonly entries: Float32Array;
  readonly part: ThetaPart;
  /** Of the whole theta. */
  readonly dimension: number;
}

/** A part of theta over its length, for every neuron; a dead one's row is zero. */
function unitFilters(
  part: ThetaPart,
  { group, dimension }: SplittingGroup,
  weights: Weights,
): UnitRows {
  const kernel = weights.get(`${part.writer}/kernel`) ?? new Float32Array();
  const length = part.dimension;
  const entries = new Float32Array(group.width * length);
  for (let neuron = 0; neuron < group.width; neuron++) {
    const at = (k: number) => kernel[k * group.width + neuron] ?? 0;
    let square = 0;
    for (let k = 0; k < length; k++) square += at(k) ** 2;
    if (square > 0)
      for (let k = 0; k < length; k++) entries[neuron * length + k] = at(k) / Math.sqrt(square);
  }
  return { entries, part, dimension };
}

function projectedRows(rows: Float32Array, { entries, part, dimension }: UnitRows): Float32Array {
  const result = Float32Array.from(rows);
  const length = part.dimension;
  for (let neuron = 0; neuron * dimension < rows.length; neuron++) {
    const start = neuron * dimension + part.offset;
    const unit = (k: number) => entries[neuron * length + k] ?? 0;
    let along = 0;
    for (let k = 0; k < length; k++) along += (rows[start + k] ?? 0) * unit(k);
    for (let k = 0; k < length; k++) result[start + k] = (rows[start + k] ?? 0) - along * unit(k);
  }
  return result;
}
