import { UserError } from "../../src/errors.ts";
import { type Network, type PlacedLayer, placeLayers } from "../../src/network/network.ts";
import { batchNormEpsilon, type Weights } from "../../src/network/parameters.ts";
import type { WidthGroup } from "../../src/network/width-groups.ts";
import { freeGroups } from "../../src/network/width-groups.ts";

/** How much each channel of a width group is worth, by group name; never negative. */
export type Importance = ReadonlyMap<string, Float64Array>;

/**
 * The layers whose batch norm has the last word on how large a group's channels are: a scale before another batch norm is
 * undone by it, so behind a depthwise layer its scale counts, and all writers' on a residual stream.
 */
export function scaleLayers(network: Network, { layers }: WidthGroup): readonly string[] {
  const own = placeLayers(network).filter(({ layer }) => layers.includes(layer.name));
  const isRescaled = (name: string): boolean =>
    own.some(({ layer, inputs }) => {
      const reads = inputs.includes(name) && !("width" in layer);
      return reads && (hasBatchNorm(layer) || isRescaled(layer.name));
    });
  return own
    .filter(({ layer }) => hasBatchNorm(layer) && !isRescaled(layer.name))
    .map(({ layer }) => layer.name);
}

const hasBatchNorm = (layer: PlacedLayer["layer"]): boolean =>
  "batchNorm" in layer && layer.batchNorm;

/** |gamma| of the batch norm behind every channel (Liu et al. 2017), summed where several write to it. */
export function scaleImportance(network: Network, weights: Weights): Importance {
  return new Map(
    freeGroups(network).map((group) => [
      group.name,
      sums(
        group.width,
        requireScales(network, group).map((layer) => weights.get(`${layer}/gamma`) ?? []),
      ),
    ]),
  );
}

/** The layers of `scaleLayers`; a UserError where there are none. */
export function requireScales(network: Network, group: WidthGroup): readonly string[] {
  const layers = scaleLayers(network, group);
  if (layers.length > 0) return layers;
  throw new UserError(`Layer "${group.name}" of "${network.name}" has no batch norm to prune by`, {
    hint: "Use --method l1-prune or netadapt, or a network with batch norm.",
    exit: "usage",
  });
}

const sums = (width: number, arrays: readonly ArrayLike<number>[]): Float64Array =>
  Float64Array.from({ length: width }, (_, channel) =>
    arrays.reduce((sum, array) => sum + Math.abs(array[channel] ?? 0), 0),
  );

/**
 * Norm of every channel's filter as it is deployed, batch norm folded into it, per weight of the filter so that layers of
 * any size compare: the mean of absolute weights (power 1; Li et al. 2017) or of their squares (power 2). Summed over the
 * writers of a residual stream.
 */
export function filterImportance(
  network: Network,
  weights: Weights,
  { power }: { readonly power: 1 | 2 },
): Importance {
  return new Map(
    freeGroups(network).map(({ name, width, writers }) => {
      const norms = writers.map((writer) => filterNorms(writer, weights, { width, power }));
      return [name, sums(width, norms)];
    }),
  );
}

function filterNorms(
  layer: string,
  weights: Weights,
  { width, power }: { readonly width: number; readonly power: 1 | 2 },
): Float64Array {
  const kernel = weights.get(`${layer}/kernel`) ?? new Float64Array();
  const norms = new Float64Array(width);
  for (const [i, weight] of kernel.entries()) {
    const channel = i % width;
    norms[channel] = (norms[channel] ?? 0) + Math.abs(weight) ** power;
  }
  const scale = foldedScale(layer, weights);
  return norms.map((norm, channel) => (norm * scale(channel) ** power) / (kernel.length / width));
}

/** What batch norm multiplies a channel's filter by; 1 without it. */
function foldedScale(layer: string, weights: Weights): (channel: number) => number {
  const gamma = weights.get(`${layer}/gamma`);
  const variance = weights.get(`${layer}/moving_variance`);
  if (!gamma || !variance) return () => 1;
  return (channel) =>
    Math.abs(gamma[channel] ?? 0) / Math.sqrt((variance[channel] ?? 0) + batchNormEpsilon);
}

/** Channels by descending importance, the first of equals first. */
export const ranked = (importance: Float64Array): readonly number[] =>
  [...importance.keys()].sort((a, b) => (importance[b] ?? 0) - (importance[a] ?? 0));

/** The `width` most important channels, in their order. */
export const mostImportant = (importance: Float64Array, width: number): readonly number[] =>
  ranked(importance)
    .slice(0, width)
    .sort((a, b) => a - b);
