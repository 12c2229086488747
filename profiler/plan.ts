import { type Kernel, kernelKey, kernelsOf } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import { seededRandom, shuffled } from "../src/random.ts";
import { coveringDesign, heldOutDesign, type Widths } from "./design.ts";
import { widthLevels } from "./levels.ts";
import { networkWith, type SearchSpace, type SpaceOptions, searchSpace } from "./space.ts";

/** A network to measure, where it stands in the randomised order. */
export interface PlannedNetwork {
  readonly network: Network;
  readonly role: "design" | "held-out";
  readonly position: number;
  /** Whether its energy is measured where the device has a meter. */
  readonly metered: boolean;
}

/** What a profile run will measure: a function of its options alone, so that a resumed run has the same. */
export interface ProfilePlan {
  readonly space: SearchSpace;
  readonly seed: number;
  readonly targetCi: number;
  /** Widths measured, by group name. */
  readonly levels: ReadonlyMap<string, readonly number[]>;
  /** Every kernel that the design networks hold, each once. */
  readonly kernels: readonly Kernel[];
  /** In the order to measure. */
  readonly networks: readonly PlannedNetwork[];
  /** So many more networks where the table turns out least sure, chosen when all others are measured. */
  readonly refinementNetworks: number;
  /** Estimated time for all of it, s; the energy windows of a device with a meter come on top. */
  readonly estimated_s: number;
  readonly estimatedEnergy_s: number;
}

export interface PlanOptions extends SpaceOptions {
  readonly seed?: number;
  readonly targetCi?: number;
  /** Widths to measure per group, 10 by default: networks grow with its square. */
  readonly levelsPerGroup?: number;
  readonly heldOutNetworks?: number;
  /**
   * 0 by default: what is measured then depends on these options alone, so that an interrupted run and one that
   * was not end with the same kernels.
   */
  readonly refinementNetworks?: number;
}

/** Measured on two cores: loading, warm-up, samples and reading the trace. */
const typicalNetwork_s = 1.2;
/** Kernel energies follow from kernel times and a power per operation: a few dozen networks fix those. */
const meteredNetworks = 32;
/** A window of 5 s, idle before and after it, and edges. */
const typicalEnergy_s = 10.5;

/** Plans a profile of a search space. Throws a UserError for ranges that make no sense. */
export function planProfile(options: PlanOptions): ProfilePlan {
  const { seed = 1, targetCi = 0.02, levelsPerGroup = 10, heldOutNetworks = 16 } = options;
  const { refinementNetworks = 0 } = options;
  const space = searchSpace(options);
  const random = seededRandom(seed);
  const levels = space.groups.map(({ floor, cap }) =>
    widthLevels({ floor, cap, grid: space.grid }, levelsPerGroup),
  );
  const design = coveringDesign(space, levels, random);
  const heldOut = heldOutDesign(space, heldOutNetworks, design, random);
  const planned = (widths: Widths, role: PlannedNetwork["role"], metered: boolean) => ({
    network: networkWith(space, widths),
    role,
    metered,
  });
  const ordered = shuffled(
    [
      ...design.map((widths, i) => planned(widths, "design", i < meteredNetworks)),
      ...heldOut.map((widths) => planned(widths, "held-out", false)),
    ],
    random,
  );
  return {
    space,
    seed,
    targetCi,
    levels: new Map(space.groups.map(({ name }, i) => [name, levels[i] ?? []])),
    kernels: distinctKernels(
      design.map((widths) => networkWith(space, widths)),
      space.batch,
    ),
    networks: ordered.map((network, position) => ({ ...network, position })),
    refinementNetworks,
    estimated_s: (ordered.length + refinementNetworks) * typicalNetwork_s,
    estimatedEnergy_s: Math.min(design.length, meteredNetworks) * typicalEnergy_s,
  };
}

function distinctKernels(networks: readonly Network[], batch: number): readonly Kernel[] {
  const kernels = networks.flatMap((network) => kernelsOf(network, { batch }));
  return [...new Map(kernels.map(({ kernel }) => [kernelKey(kernel), kernel])).values()];
}
