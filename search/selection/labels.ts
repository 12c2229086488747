import type { Guide } from "./guide.ts";
import { at } from "./problem.ts";
import { type Choice, evaluate, type Stage, type Trellis } from "./trellis.ts";

export interface LabelPass {
  /** The best choice that gains more than was asked for; absent where none was found. */
  readonly choice?: Choice;
  /** No choice that was given up gains more than this; -Infinity where none was given up. */
  readonly givenUp: number;
}

/**
 * Label setting along the trellis: a label is a partial choice with its gain and costs. Of the labels of a state those are
 * kept that no other beats in gain and every cost, that can still meet the limits, and whose Lagrangian bound is above
 * `toBeat`; at most `width` of a stage, the most promising, so that the pass ends, and what is given up is bounded.
 */
export function passLabels(
  trellis: Trellis,
  guide: Guide,
  { toBeat, width }: { readonly toBeat: number; readonly width: number },
): LabelPass {
  const quantities = trellis.room.length;
  const start = new Labels(quantities);
  start.add(0, 0, Number.POSITIVE_INFINITY, new Float64Array(quantities), -1, -1);
  const layers = [start];
  let givenUp = Number.NEGATIVE_INFINITY;
  for (const [i, stage] of trellis.stages.entries()) {
    const grown = extend(
      layers[i] ?? start,
      stage,
      outlookAfter(guide, trellis.room, i + 1),
      toBeat,
    );
    const kept = thin(grown, stage.nextStates, width);
    givenUp = Math.max(givenUp, kept.givenUp);
    layers.push(kept.labels);
  }
  const choice = traceBack(trellis, layers);
  // With limits not used up, a label's bound is above what it gains.
  return { ...(choice && choice.gain > toBeat ? { choice } : {}), givenUp };
}

/** Labels of one layer, in columns. */
class Labels {
  readonly states: number[] = [];
  readonly gains: number[] = [];
  /** Lagrangian bound of everything that begins with the label. */
  readonly promises: number[] = [];
  /** Per limited quantity. */
  readonly costs: readonly number[][];
  /** The label before, and the level chosen from it. */
  readonly parents: number[] = [];
  readonly levels: number[] = [];

  constructor(quantities: number) {
    this.costs = Array.from({ length: quantities }, () => []);
  }

  add(
    state: number,
    gain: number,
    promise: number,
    costs: Float64Array,
    parent: number,
    level: number,
  ): void {
    this.states.push(state);
    this.gains.push(gain);
    this.promises.push(promise);
    for (let q = 0; q < costs.length; q++) this.costs[q]?.push(at(costs, q));
    this.parents.push(parent);
    this.levels.push(level);
  }
}

/** What can still become of the labels after a stage. */
interface Outlook {
  readonly room: Float64Array;
  /** Per limited quantity, by state, the least cost to come. */
  readonly least: readonly Float64Array[];
  /** Bounds at several prices; `rest` by state. */
  readonly bounds: readonly {
    readonly prices: Float64Array;
    readonly offset: number;
    readonly rest: Float64Array;
  }[];
}

const outlookAfter = ({ bounds, least }: Guide, room: Float64Array, stage: number): Outlook => ({
  room,
  least: least.map((ofQuantity) => ofQuantity[stage] ?? new Float64Array()),
  bounds: bounds.map(({ prices, offset, rest }) => ({
    prices,
    offset,
    rest: rest[stage] ?? new Float64Array(),
  })),
});

/** True if some completion from the state meets each limit by itself. */
function canFit({ room, least }: Outlook, state: number, costs: Float64Array): boolean {
  for (let q = 0; q < room.length; q++)
    if (!(at(costs, q) + at(least[q] ?? room, state) <= at(room, q))) return false;
  return true;
}

/** No completion from the state gains more; asked no further once it is known not to beat `toBeat`. */
function promiseOf(
  { bounds }: Outlook,
  state: number,
  gain: number,
  costs: Float64Array,
  toBeat: number,
): number {
  let promise = Number.POSITIVE_INFINITY;
  for (const { prices, offset, rest } of bounds) {
    let bound = gain + offset + at(rest, state);
    for (let q = 0; q < costs.length; q++) bound -= at(prices, q) * at(costs, q);
    promise = Math.min(promise, bound);
    if (promise <= toBeat) break;
  }
  return promise;
}

/** Every label with every level that can still win and fit. */
function extend(before: Labels, stage: Stage, outlook: Outlook, toBeat: number): Labels {
  const grown = new Labels(before.costs.length);
  const costs = new Float64Array(before.costs.length);
  const tryEdge = (label: number, level: number): void => {
    const edge = at(before.states, label) * stage.levels + level;
    const state = at(stage.next, edge);
    for (let q = 0; q < costs.length; q++)
      costs[q] = at(before.costs[q] ?? [], label) + at(stage.costs[q] ?? [], edge);
    if (state < 0 || !canFit(outlook, state, costs)) return;
    const gain = at(before.gains, label) + at(stage.gains, level);
    const promise = promiseOf(outlook, state, gain, costs, toBeat);
    if (promise > toBeat) grown.add(state, gain, promise, costs, label, level);
  };
  for (let label = 0; label < before.states.length; label++)
    for (let level = 0; level < stage.levels; level++) tryEdge(label, level);
  return grown;
}

/** The labels that no other of their state beats, the most promising `width` of them. */
function thin(labels: Labels, states: number, width: number) {
  const ranked = [...labels.states.keys()].sort(
    (a, b) => at(labels.promises, b) - at(labels.promises, a),
  );
  const byState: number[][] = Array.from({ length: states }, () => []);
  const kept = new Labels(labels.costs.length);
  for (const label of ranked) {
    const own = byState[at(labels.states, label)] ?? [];
    if (isBeaten(labels, label, own)) continue;
    if (kept.states.length === width) return { labels: kept, givenUp: at(labels.promises, label) };
    own.push(label);
    copy(labels, label, kept);
  }
  return { labels: kept, givenUp: Number.NEGATIVE_INFINITY };
}

/** A label is compared with this many of the most promising: to miss that it is beaten only costs time. */
const mostCompared = 64;

function isBeaten({ gains, costs }: Labels, label: number, others: readonly number[]): boolean {
  const compared = Math.min(others.length, mostCompared);
  for (let i = 0; i < compared; i++) {
    const other = at(others, i);
    let isBetter = at(gains, other) >= at(gains, label);
    for (let q = 0; isBetter && q < costs.length; q++)
      isBetter = at(costs[q] ?? [], other) <= at(costs[q] ?? [], label);
    if (isBetter) return true;
  }
  return false;
}

function copy(from: Labels, label: number, to: Labels): void {
  to.add(
    at(from.states, label),
    at(from.gains, label),
    at(from.promises, label),
    Float64Array.from(from.costs, (column) => at(column, label)),
    at(from.parents, label),
    at(from.levels, label),
  );
}

/** The choice behind the best label of the last layer. */
function traceBack(trellis: Trellis, layers: readonly Labels[]): Choice | undefined {
  const gains = layers[layers.length - 1]?.gains ?? [];
  let label = gains.reduce((best, gain, i) => (gain > (gains[best] ?? -Infinity) ? i : best), -1);
  if (label < 0) return undefined;
  const levels = new Int32Array(trellis.stages.length);
  for (let i = levels.length; i > 0; i--) {
    levels[i - 1] = at(layers[i]?.levels ?? [], label);
    label = at(layers[i]?.parents ?? [], label);
  }
  return evaluate(trellis, levels);
}
