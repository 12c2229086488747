import type { SearchContext } from "../method.ts";
import { phaseRandom } from "../training-phase.ts";
import type { NeuronDirection } from "./directions.ts";
import { squaredNorms } from "./directions.ts";
import type { Directions, GrowthStart } from "./find-directions.ts";
import { splittableGroups } from "./groups.ts";

/** Directions and gains drawn by chance, for the same neurons: what a search is worth without them. */
export function randomDirections(
  { network, weights, round }: GrowthStart,
  { seed }: SearchContext,
): Promise<Directions> {
  const random = phaseRandom(seed, round, -1);
  const directions = splittableGroups(network)
    .filter(({ reason }) => reason === undefined)
    .map((group) => {
      const neurons = squaredNorms(group, weights).map((squaredNorm): NeuronDirection => {
        const drawn = Float32Array.from({ length: group.dimension }, () => random.normal());
        const length = Math.hypot(...drawn);
        const vMin = drawn.map((entry) => entry / length);
        // A gain between 0 and 1 whatever the filter's norm.
        const index = squaredNorm > 0 ? -random.uniform() / squaredNorm : 0;
        return {
          lambdaMin: index,
          vMin,
          lambdaMax: 0,
          vMax: vMin,
          heldOut: { index },
          squaredNorm,
        };
      });
      return [group.group.name, neurons] as const;
    });
  return Promise.resolve(new Map(directions));
}
