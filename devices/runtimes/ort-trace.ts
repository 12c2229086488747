import { mean } from "simple-statistics";
import { networkOutput } from "../../src/network/export.ts";
import type { NodeTimes } from "../runtime.ts";
import { ownerByName } from "./owner-by-name.ts";

interface NodeEvent {
  readonly node: string;
  readonly duration_us: number;
}

const kernelSuffix = "_kernel_time";

/** Node times of every run in a trace, oldest first; nothing is subtracted. */
export interface TraceTimes extends Pick<NodeTimes, "layers" | "nodes"> {
  /** Per run, s: one time per layer. As coarse as the profiler's clock: only means over many runs mean something. */
  readonly runs: readonly Float64Array[];
  /** Per run, s: mean time of nodes that compute nothing; empty where there are none. */
  readonly emptyNode_s: readonly number[];
}

/** The runs of a trace gathered into batches of so many. */
export function inBatches(
  { layers, nodes, runs, emptyNode_s }: TraceTimes,
  sizes: readonly number[],
): NodeTimes {
  let end = 0;
  const ranges = sizes.map((size): readonly [number, number] => {
    end += size;
    return [end - size, end];
  });
  return {
    layers,
    nodes,
    batches: ranges.map((range) => meanTimes(runs.slice(...range), layers.length)),
    emptyNode_s:
      emptyNode_s.length > 0 ? ranges.map((range) => meanOrNone(emptyNode_s.slice(...range))) : [],
  };
}

/** A log that is full lacks its last runs. */
const meanOrNone = (times_s: readonly number[]): number =>
  times_s.length > 0 ? mean([...times_s]) : Number.NaN;

function meanTimes(runs: readonly Float64Array[], layers: number): Float64Array {
  const times_s = new Float64Array(layers);
  for (const run of runs)
    for (const [layer, time_s] of run.entries())
      times_s[layer] = (times_s[layer] ?? 0) + time_s / runs.length;
  return times_s;
}

/**
 * Reads a trace. A node belongs to the layer whose name leads its own; a node without one, put in by the
 * optimiser (a layout reorder), belongs to the layer that follows it and needed it. Nodes under the output's name,
 * which only hand a few numbers on, compute nothing: they show what recording a node takes.
 */
export function readTrace(traceJson: string, layers: readonly string[]): TraceTimes {
  const runs = splitRuns(nodeEvents(traceJson));
  const nodes = runs[0]?.map(({ node }) => node) ?? [];
  const owners = ownersOf(nodes, layers);
  return {
    layers,
    nodes: layers.map((_, layer) => owners.filter((owner) => owner === layer).length),
    runs: runs.map((run) => {
      const times_s = new Float64Array(layers.length);
      for (const [i, { duration_us }] of run.entries()) {
        const owner = owners[i];
        if (owner !== undefined) times_s[owner] = (times_s[owner] ?? 0) + duration_us / 1e6;
      }
      return times_s;
    }),
    emptyNode_s: owners.includes(undefined) ? runs.map((run) => emptyTime(run, owners)) : [],
  };
}

const emptyTime = (run: readonly NodeEvent[], owners: readonly (number | undefined)[]): number =>
  mean(run.filter((_, i) => owners[i] === undefined).map(({ duration_us }) => duration_us)) / 1e6;

/** Events of executed nodes. Durations are whole µs. Checked by hand: a trace holds ten thousands of events. */
function nodeEvents(traceJson: string): readonly NodeEvent[] {
  const trace: unknown = JSON.parse(traceJson);
  if (!Array.isArray(trace)) throw new Error("ONNX Runtime's trace is no list of events");
  const events: NodeEvent[] = [];
  for (const event of trace as readonly unknown[]) {
    if (!isTraceEvent(event) || event.cat !== "Node" || !event.name.endsWith(kernelSuffix))
      continue;
    events.push({ node: event.name.slice(0, -kernelSuffix.length), duration_us: event.dur });
  }
  return events;
}

/** The fields that matter of an event of the chrome trace that ONNX Runtime's profiler writes. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
}

const isTraceEvent = (event: unknown): event is TraceEvent =>
  typeof event === "object" &&
  event !== null &&
  "cat" in event &&
  "name" in event &&
  typeof event.name === "string" &&
  "dur" in event &&
  typeof event.dur === "number";

/** A run begins whenever the first node does. */
function splitRuns(events: readonly NodeEvent[]): readonly (readonly NodeEvent[])[] {
  const first = events[0]?.node;
  const runs: NodeEvent[][] = [];
  for (const event of events) {
    if (event.node === first) runs.push([]);
    runs[runs.length - 1]?.push(event);
  }
  return runs;
}

/** Index of the layer that each node's time goes to; undefined for the flatten before the output. */
function ownersOf(
  nodes: readonly string[],
  layers: readonly string[],
): readonly (number | undefined)[] {
  // Where the optimiser changed the layout, nodes are called `layer_nchwc`; where it made integers of them, `layer_token_7`.
  const named = nodes.map((node) => ownerByName(node.replace(/_(?:nchwc|token_\d+)$/, ""), layers));
  const lastNamed = named.findLast((owner) => owner !== undefined);
  return nodes.map((node, i) =>
    node.startsWith(`${networkOutput}/`)
      ? undefined
      : (named.slice(i).find((owner) => owner !== undefined) ?? lastNamed),
  );
}
