import { type Network, placeLayers } from "../src/network/network.ts";
import { type PlanOptions, type ProfilePlan, planProfile } from "./plan.ts";

export interface ModelPlanOptions extends PlanOptions {
  /** Smaller image sizes, spread down to half of the model's own, that are measured too. */
  readonly imageSizes: number;
  /** Widths are measured up to this multiple of the model's own. */
  readonly widest: number;
}

/** Multiples of the model's own widths that are measured at every image size. */
const narrowestMultiple = 0.4;
/** Networks whose widths are all multiplied, at the model's own image size and at each other one, for every design network. */
const scaledShare = 1 / 3;
/** Networks that judge the costs at another image size. */
const heldOutElsewhere = 2;

/**
 * Plans of a model and of what its family may ask for: its own widths first, narrower ones, and all of them multiplied; then these at
 * smaller image sizes, each a space of its own. Costs are then known or lie between known ones where a guess would be far off.
 */
export function planModel({
  imageSizes,
  widest,
  ...options
}: ModelPlanOptions): readonly [ProfilePlan, ...ProfilePlan[]] {
  const { network, heldOutNetworks, name = network.name } = options;
  // Cells and operators are no widths: nothing of them is multiplied.
  if (options.cells || options.operators) return [planProfile(options)];
  const own = planProfile(options);
  const designNetworks = own.networks.filter(({ role }) => role === "design").length;
  const scaled = {
    count: Math.max(2, Math.round(scaledShare * designNetworks)),
    from: narrowestMultiple,
    to: widest,
  };
  return [
    planProfile({ ...options, scaled }),
    ...smallerImages(network, imageSizes).map((resized) =>
      planProfile({
        ...options,
        name: `${name} at ${resized.input.height}x${resized.input.width}`,
        network: resized,
        floors: new Map(),
        designNetworks: 0,
        heldOutNetworks: Math.min(heldOutElsewhere, heldOutNetworks ?? heldOutElsewhere),
        scaled: { ...scaled, isJudgedAlike: true },
      }),
    ),
  ];
}

/** The network at so many smaller image sizes, evenly spread down to half; fewer where its strides leave fewer. */
function smallerImages(network: Network, count: number): readonly Network[] {
  const { height, width } = network.input;
  const step = totalStride(network);
  const multiple = (length: number, share: number) => step * Math.round((length * share) / step);
  const sizes = Array.from({ length: count }, (_, i) => {
    const share = 0.5 + (0.5 * (i + 1)) / (count + 1);
    return [multiple(height, share), multiple(width, share)] as const;
  });
  const distinct = new Map(sizes.map((size) => [size.join("x"), size]));
  return [...distinct.values()]
    .filter(([down, across]) => down > 0 && across > 0 && down < height && across < width)
    .map(([down, across]) => ({
      ...network,
      input: { ...network.input, height: down, width: across },
    }));
}

/** How much smaller a network's smallest image is than what it reads: a power of two. */
function totalStride(network: Network): number {
  const heights = placeLayers(network).flatMap(({ in: { height } }) =>
    height > 1 ? [height] : [],
  );
  return (
    2 ** Math.round(Math.log2(network.input.height / Math.min(network.input.height, ...heights)))
  );
}
