import { UserError } from "../src/errors.ts";
import { type Network, placeLayers, withWidths } from "../src/network/network.ts";
import { widthGroups } from "../src/network/width-groups.ts";
import type { Random } from "../src/random.ts";

/** How many networks, and the smallest and largest multiple of all widths. */
export interface ScaledNetworks {
  readonly count: number;
  readonly from: number;
  readonly to: number;
  /** Whether what judges the costs is drawn alike, and not as searches visit networks: widths that these have none of are unknown. */
  readonly isJudgedAlike?: boolean;
}

/** Published networks have widths of multiples of this, at most multiples; every so many network here has any widths at all. */
const grid = 8;
const anyWidthEvery = 4;
/** Standard deviation of a group's multiple around its network's, in natural logarithms. */
const spread = 0.15;

/**
 * Networks with all widths multiplied, as families of published models are: those too of groups that are tied to others and so
 * cannot be chosen one by one. The network itself comes first and the widest second; the others are evenly spread in the
 * logarithm of their multiple, and groups that are free move around it.
 */
export function scaledDesign(
  network: Network,
  { count, from, to }: ScaledNetworks,
  random: Random,
): readonly Network[] {
  const multiples = Array.from(
    { length: Math.max(0, count - 2) },
    (_, i) => from * (to / from) ** ((i + random.uniform()) / (count - 2)),
  );
  const within = (multiple: number): number => Math.min(to, Math.max(from, multiple));
  const wanted = [
    network,
    scaledNetwork(network, () => to),
    ...multiples.map((multiple, i) =>
      scaledNetwork(
        network,
        (isFree) => within(multiple * Math.exp(isFree ? spread * random.normal() : 0)),
        i % anyWidthEvery === 1 ? 1 : grid,
      ),
    ),
  ];
  return wanted.slice(0, count).flatMap((scaled) => scaled ?? []);
}

/** So many others of the same kind, to judge what the design makes of costs. */
export const heldOutScaled = (
  network: Network,
  scaled: ScaledNetworks,
  count: number,
  random: Random,
): readonly Network[] => scaledDesign(network, { ...scaled, count: count + 2 }, random).slice(2);

/** Undefined where equal widths of tied groups became others. */
function scaledNetwork(
  network: Network,
  multipleOf: (isFree: boolean) => number,
  roundedTo = grid,
): Network | undefined {
  // The output's width is what the network is for.
  const groups = widthGroups(network).filter(({ isFree, tiedBy }) => isFree || tiedBy);
  const widths = groups.flatMap(({ isFree, width, writers }) => {
    const unit = isFree ? roundedTo : grid;
    const scaled = Math.max(1, Math.round((width * multipleOf(isFree)) / unit)) * unit;
    return writers.map((writer) => [writer, scaled] as const);
  });
  const scaled = withWidths(network, new Map(widths));
  try {
    placeLayers(scaled);
    return scaled;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
