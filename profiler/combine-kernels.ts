import { mean } from "simple-statistics";
import type { KernelMeasurement } from "../energy-db/index.ts";
import {
  deviation,
  groupBy,
  type LoadRow,
  loadKey,
  moderate,
  type SizedVariance,
  studentT95,
  unknownSd,
  usableRows,
  variancePrior,
} from "../energy-db/index.ts";
import { type Kernel, kernelKey } from "../src/network/kernel.ts";

/** A kernel over all loads of all networks that hold it. */
export interface CombinedKernel {
  readonly kernel: Kernel;
  readonly latency_s: number;
  /** 95 % interval of the kernel's mean over those networks. */
  readonly low_s: number;
  readonly high_s: number;
  /** Of the kernel in a NEW network: sqrt(1 + 1/n) standard deviations between n networks in place of sqrt(1/n). */
  readonly newLow_s: number;
  readonly newHigh_s: number;
  readonly loads: number;
  readonly networks: number;
  /** True when some of its times could not be told from the profiler's own: then nothing here is to be trusted. */
  readonly belowResolution: boolean;
}

/** What is read of a row: a load with its kernels. */
export interface KernelLoadRow extends LoadRow {
  readonly kernels: readonly (Pick<KernelMeasurement, "kernel" | "flags" | "nodes"> & {
    readonly latency: { readonly latency_s: number };
  })[];
}

interface Placed {
  readonly network: string;
  readonly measured: KernelLoadRow["kernels"][number];
}

/** One kernel's times: means of each network over its loads. */
interface Gathered {
  readonly kernel: Kernel;
  readonly latency_s: number;
  readonly loads: number;
  readonly networks: number;
  readonly nodes: number;
  readonly belowResolution: boolean;
  readonly betweenLoads: SizedVariance;
  readonly betweenNetworks: SizedVariance;
}

/**
 * Times of each kernel combined over loads and networks, with variances moderated by those of kernels of like size. In
 * several networks the network is the unit that varies, in one its loads are. `recordingHalf_s` is the half-width of what
 * the profiler adds to a node: common to all loads of a session, it does not average out.
 */
export function combineKernels(
  rows: readonly KernelLoadRow[],
  recordingHalf_s = 0,
): readonly CombinedKernel[] {
  const placed = usableRows(rows).flatMap((row): Placed[] =>
    row.kernels.map((measured) => ({ measured, network: loadKey(row) })),
  );
  const kernels = [
    ...groupBy(placed, ({ measured }) => kernelKey(measured.kernel)).values(),
  ].flatMap((own) => gather(own));
  const clear = kernels.filter(({ belowResolution }) => !belowResolution);
  const networkPrior = variancePrior(clear.map(({ betweenNetworks }) => betweenNetworks));
  // Where every network was profiled once, what networks vary by stands in for what loads do: it is no less.
  const loadPrior = variancePrior(clear.map(({ betweenLoads }) => betweenLoads)) ?? networkPrior;
  return kernels.map((gathered) => {
    const { kernel, latency_s, loads, networks, nodes, belowResolution } = gathered;
    const between = moderate(gathered.betweenNetworks, networkPrior ?? loadPrior);
    const own = networks > 1 ? between : moderate(gathered.betweenLoads, loadPrior);
    const half = ({ variance, freedom }: typeof own, share: number): number =>
      freedom > 0
        ? Math.hypot(
            studentT95(freedom) * latency_s * Math.sqrt(variance * share),
            nodes * recordingHalf_s,
          )
        : Math.hypot(
            studentT95(Number.POSITIVE_INFINITY) * latency_s * unknownSd * Math.sqrt(loads * share),
            nodes * recordingHalf_s,
          );
    const half_s = half(own, 1 / (networks > 1 ? networks : loads));
    const newHalf_s = half(between, 1 + 1 / networks);
    return {
      kernel,
      latency_s,
      low_s: latency_s - half_s,
      high_s: latency_s + half_s,
      newLow_s: latency_s - newHalf_s,
      newHigh_s: latency_s + newHalf_s,
      loads,
      networks,
      belowResolution,
    };
  });
}

function gather(own: readonly Placed[]): readonly Gathered[] {
  const [first] = own;
  if (!first) return [];
  const times_s = own.map(({ measured }) => measured.latency.latency_s);
  const byNetwork = [...groupBy(own, ({ network }) => network).values()].map((loads) =>
    loads.map(({ measured }) => measured.latency.latency_s),
  );
  const means_s = byNetwork.map((loads) => mean(loads));
  const latency_s = mean(means_s);
  const size = Math.max(latency_s, Number.MIN_VALUE);
  const within = byNetwork.reduce(
    (sum, loads, i) => sum + loads.reduce((s, time_s) => s + (time_s - (means_s[i] ?? 0)) ** 2, 0),
    0,
  );
  const freedom = times_s.length - byNetwork.length;
  return [
    {
      kernel: first.measured.kernel,
      latency_s,
      loads: own.length,
      networks: byNetwork.length,
      nodes: Math.max(...own.map(({ measured }) => measured.nodes ?? 1)),
      belowResolution:
        !(latency_s > 0) || own.some(({ measured }) => measured.flags.includes("below-resolution")),
      betweenLoads: {
        variance: freedom > 0 ? within / freedom / latency_s ** 2 : 0,
        freedom,
        size,
      },
      betweenNetworks: {
        variance: deviation(means_s) ** 2 / latency_s ** 2,
        freedom: byNetwork.length - 1,
        size,
      },
    },
  ];
}
