import { isWide } from "../../src/network/layer.ts";
import { type Network, placeLayers } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import type { SplittingGroup } from "./groups.ts";
import type { NeuronVectors, SplittingProducts } from "./products.ts";

/**
 * S between projections that take out theta itself, where batch norm follows: in training every copy of a neuron is normalised
 * by its own moments, so what a displacement along theta gains is lost with the first step.
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
    products.groups
      .filter(({ writer }) => normalised.has(writer))
      .map((group) => [group.group.name, unitFilters(group, weights)] as const),
  );
  const projected = (vectors: NeuronVectors): NeuronVectors =>
    new Map(
      [...vectors].map(([group, rows]) => {
        const units = filters.get(group);
        return [group, units ? projectedRows(rows, units) : rows];
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

interface Rows {
  /** [neurons, dimension], each row of unit length. */
  readonly entries: Float32Array;
  readonly dimension: number;
}

/** theta / |theta| of every neuron; a dead one's row is zero. */
function unitFilters({ group, writer, dimension }: SplittingGroup, weights: Weights): Rows {
  const kernel = weights.get(`${writer}/kernel`) ?? new Float32Array();
  const entries = new Float32Array(group.width * dimension);
  for (let neuron = 0; neuron < group.width; neuron++) {
    const at = (k: number) => kernel[k * group.width + neuron] ?? 0;
    let square = 0;
    for (let k = 0; k < dimension; k++) square += at(k) ** 2;
    if (square > 0)
      for (let k = 0; k < dimension; k++)
        entries[neuron * dimension + k] = at(k) / Math.sqrt(square);
  }
  return { entries, dimension };
}

function projectedRows(rows: Float32Array, { entries, dimension }: Rows): Float32Array {
  const result = Float32Array.from(rows);
  for (let start = 0; start < rows.length; start += dimension) {
    let along = 0;
    for (let k = start; k < start + dimension; k++) along += (rows[k] ?? 0) * (entries[k] ?? 0);
    for (let k = start; k < start + dimension; k++)
      result[k] = (rows[k] ?? 0) - along * (entries[k] ?? 0);
  }
  return result;
}
