import { networkKey } from "../energy-db/index.ts";
import type { OperatorSpace } from "../src/network/blocks/operator-space.ts";
import type { CellsOfNetwork } from "../src/network/cells/read-cells.ts";
import { type Kernel, kernelKey, kernelsOf } from "../src/network/kernel.ts";
import { isWide } from "../src/network/layer.ts";
import type { Network } from "../src/network/network.ts";
import { type Random, seededRandom, shuffled } from "../src/random.ts";
import { cellDesign, placesIn } from "./cell-design.ts";
import { type HeldOutFamily, heldOutDesign, ladderDesign, spreadDesign } from "./design.ts";
import { energyRules, meteredTime } from "./energy/rules.ts";
import { rungs, withRungRepeated } from "./ladder.ts";
import { heldOutPaths, operatorDesign } from "./operator-design.ts";
import { heldOutScaled, type ScaledNetworks, scaledDesign } from "./scaled-design.ts";
import { networkWith, type SearchSpace, type SpaceOptions, searchSpace } from "./space.ts";

/** A network to measure, where it stands in the randomised order. */
export interface PlannedNetwork {
  /** Held-out networks are named after the family of networks that they stand for. */
  readonly network: Network;
  readonly role: "design" | "held-out";
  readonly position: number;
  /** Whether its energy is measured where the device has a meter. */
  readonly metered: boolean;
  /** The model that was given: it is measured once before all others, since time may be short. */
  readonly first: boolean;
}

/** What a profile run will measure: a function of its options alone, so that a resumed run has the same. */
export interface ProfilePlan {
  readonly space: SearchSpace;
  readonly seed: number;
  readonly targetCi: number;
  /** Widths that occur in design networks, ascending, by group name. */
  readonly widths: ReadonlyMap<string, readonly number[]>;
  /** Every kernel that the design networks hold, each once. */
  readonly kernels: readonly Kernel[];
  /** In the order to measure. */
  readonly networks: readonly PlannedNetwork[];
  /** Estimated time for all of it, s; the energy windows of a device with a meter come on top. */
  readonly estimated_s: number;
  readonly estimatedEnergy_s: number;
}

export interface PlanOptions extends SpaceOptions {
  /** Where blocks may be filled by several operators: all are measured, at the space's own widths. */
  readonly operators?: OperatorSpace;
  /** Networks of cells are wired by chance; their widths stay. */
  readonly cells?: CellsOfNetwork;
  readonly seed?: number;
  readonly targetCi?: number;
  /** Networks that make the costs; by default more for a space of more groups or operators. */
  readonly designNetworks?: number;
  /** Networks that judge them, 25 by default: five of every family. */
  readonly heldOutNetworks?: number;
  /** Besides them, networks of which all widths are multiplied, those too that no search could choose. */
  readonly scaled?: ScaledNetworks;
}

/** Measured on two cores: three loads of a network, each with its share of a block of interleaved samples. */
const typicalNetwork_s = 1.6;
/** Kernel energies follow from kernel times and a power per operation: a few dozen networks fix those. */
const metered = { design: 24, heldOut: 8 };
/** Unknown costs grow with the groups: networks for a space of one group, and for every group more. */
const networksFor = (groups: number): number => 36 + 6 * groups;
/** So often every operator stands in every block. */
const networksPerOperator = 8;
/** Share of the design networks in which a part is repeated. */
const ladderShare = 0.2;

/** Plans a profile of a search space. Throws a UserError for ranges that make no sense. */
export function planProfile(options: PlanOptions): ProfilePlan {
  const { seed = 1, targetCi = 0.02 } = options;
  const space = searchSpace(options);
  const random = seededRandom(seed);
  const { design, heldOut, widths } = drawnNetworks(space, options, random);
  const given = options.scaled && networkKey(options.network);
  const ordered = shuffled(
    [
      ...planned(design, "design", metered.design),
      ...planned(heldOut, "held-out", metered.heldOut),
    ],
    random,
  );
  return {
    space,
    seed,
    targetCi,
    widths,
    kernels: distinctKernels(design, space.batch),
    networks: ordered.map((planned, position) => ({
      ...planned,
      position,
      first: planned.role === "design" && networkKey(planned.network) === given,
    })),
    estimated_s: ordered.length * typicalNetwork_s,
    estimatedEnergy_s:
      ordered.filter((network) => network.metered).length * meteredTime(energyRules),
  };
}

interface PlannedNetworks {
  readonly design: readonly Network[];
  readonly heldOut: readonly Network[];
  readonly widths: ProfilePlan["widths"];
}

function drawnNetworks(space: SearchSpace, options: PlanOptions, random: Random): PlannedNetworks {
  if (options.operators) return pathPlan(options.operators, options, random);
  return options.cells
    ? wiringPlan(options.cells, options, random)
    : widthPlan(space, options, random);
}

/** Networks of one shape at many widths. */
function widthPlan(
  space: SearchSpace,
  {
    heldOutNetworks = defaultHeldOut,
    designNetworks = networksFor(space.groups.length),
    scaled,
  }: PlanOptions,
  random: Random,
): PlannedNetworks {
  const ladders = laddersOf(
    space.network,
    Math.round(ladderShare * designNetworks),
    (count) => ladderDesign(space, count, random).map((widths) => networkWith(space, widths)),
    random,
  );
  const spread = spreadDesign(space, designNetworks - ladders.length, random);
  const networks = spread.map((widths) => networkWith(space, widths));
  const design = scaled
    ? distinct([...networks, ...ladders, ...scaledDesign(space.network, scaled, random)])
    : [...networks, ...ladders];
  return {
    design,
    heldOut: scaled?.isJudgedAlike
      ? heldOutScaled(space.network, scaled, heldOutNetworks, random).map((network) =>
          named(network, "uniform"),
        )
      : heldOutDesign(space, heldOutNetworks, spread, random).map(({ family, widths }) =>
          named(networkWith(space, widths), family),
        ),
    widths: widthsByGroup(space, design),
  };
}

const defaultHeldOut = 25;

const named = (network: Network, family: HeldOutFamily): Network => ({
  ...network,
  name: `${network.name}, ${family}`,
});

/** Networks of one set of widths with many operators in their blocks. */
function pathPlan(
  operators: OperatorSpace,
  {
    heldOutNetworks = defaultHeldOut,
    designNetworks = networksPerOperator * operators.operators.length,
  }: PlanOptions,
  random: Random,
): PlannedNetworks {
  const paths = (count: number) => operatorDesign(operators, count, random);
  const [example] = paths(1);
  const wanted = Math.round(ladderShare * designNetworks);
  const ladders = example ? laddersOf(example, wanted, paths, random) : [];
  const design = paths(designNetworks - ladders.length);
  return {
    design: [...design, ...ladders],
    heldOut: heldOutPaths(operators, heldOutNetworks, design, random).map((network) =>
      named(network, "random"),
    ),
    widths: new Map(),
  };
}

/** Networks of one set of widths whose cells are wired in many ways. */
function wiringPlan(
  cells: CellsOfNetwork,
  { heldOutNetworks = defaultHeldOut, designNetworks = networksFor(placesIn(cells)) }: PlanOptions,
  random: Random,
): PlannedNetworks {
  const [design, heldOut] = cellDesign(cells, [designNetworks, heldOutNetworks], random);
  return {
    design,
    heldOut: heldOut.map((network) => named(network, "random")),
    widths: new Map(),
  };
}

/** The first `count` of the networks are metered: their sizes are spread as all are, since the rest is drawn alike. */
const planned = (
  networks: readonly Network[],
  role: PlannedNetwork["role"],
  count: number,
): readonly Omit<PlannedNetwork, "position" | "first">[] =>
  networks.map((network, i) => ({
    network,
    role,
    metered:
      Math.floor((i * count) / networks.length) !== Math.floor(((i - 1) * count) / networks.length),
  }));

/**
 * Small networks with one rung repeated, every rung in turn, on both sides of an edge; none where nothing can be repeated,
 * and none twice: a small space has few.
 */
function laddersOf(
  example: Network,
  count: number,
  draw: (count: number) => readonly Network[],
  random: Random,
): readonly Network[] {
  if (rungs(example).length === 0) return [];
  const ladders = draw(count).map((network, i) => {
    const parts = rungs(network);
    // Two networks in a row share the rung, so that widths on both sides of an edge are seen in each.
    const rung = parts[Math.floor(i / 2) % parts.length];
    return rung
      ? withRungRepeated(network, rung, fewestCopies + random.below(moreCopies))
      : network;
  });
  return distinct(ladders);
}

const distinct = (networks: readonly Network[]): readonly Network[] => [
  ...new Map(networks.map((network) => [networkKey(network), network])).values(),
];

const fewestCopies = 6;
const moreCopies = 7;

function widthsByGroup({ groups }: SearchSpace, design: readonly Network[]) {
  const widths = design.map(
    ({ layers }) =>
      new Map(layers.flatMap((layer) => (isWide(layer) ? [[layer.name, layer.width]] : []))),
  );
  return new Map(
    groups.map(({ name, writers: [writer = ""] }) => [
      name,
      [...new Set(widths.flatMap((own) => own.get(writer) ?? []))].sort((a, b) => a - b),
    ]),
  );
}

function distinctKernels(networks: readonly Network[], batch: number): readonly Kernel[] {
  const kernels = networks.flatMap((network) => kernelsOf(network, { batch }));
  return [...new Map(kernels.map(({ kernel }) => [kernelKey(kernel), kernel])).values()];
}
