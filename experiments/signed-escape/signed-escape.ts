import { z } from "zod";
import {
  copiesOf,
  quadraticForm,
  type SplitType,
  splitTypeNames,
  usualC,
} from "../../search/splitting/split-types.ts";
import { type Experiment, nothingLater, type Page } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { markdownTable } from "../markdown.ts";
import { lossOf, type Neuron, splittingMatrices, trained } from "../rbf-law/rbf-net.ts";
import { endsOf, extremesOf, withSplit } from "../rbf-law/split-types.ts";

const growthSchema = z.object({
  /** Of the first neuron. */
  start: z.object({ w: z.number(), a: z.number(), b: z.number() }),
  way: z.enum(["positive", "signed"]),
  path: z.array(
    z.object({
      neurons: z.number(),
      loss: z.number(),
      /** Least and greatest eigenvalue over all neurons' splitting matrices, once trained. */
      least: z.number(),
      greatest: z.number(),
      /** How the last neuron came; absent for the first. */
      type: z.enum(splitTypeNames).optional(),
    }),
  ),
  /** Outgoing weights at the end. */
  weights: z.array(z.number()),
});
export const escapeSchema = z.array(growthSchema);
export type Growth = z.infer<typeof growthSchema>;

const ways: { readonly [W in Growth["way"]]: readonly SplitType[] } = {
  positive: ["positive binary"],
  signed: ["positive binary", "negative binary"],
};

/** Basins of the net of one neuron: two of them with a positive outgoing weight, one with a negative. */
const starts: readonly Neuron[] = [
  { w: 1, a: 0.5, b: 0.25 },
  { w: -1.5, a: 1, b: 0.5 },
  { w: 1, a: -1.2, b: 3 },
];
const mostNeurons = 6;
const step = 0.1;
const key = "escape";

export const signedEscape: Experiment = {
  summary: "whether signed splits go on where splits that keep the sign of a neuron are stuck",
  tasks: () => ({
    tasks: [
      {
        key,
        label: "growth with and without signed splits on a net of radial units",
        kind: "train",
        estimated_s: 60,
        run: async () =>
          starts.flatMap((start) =>
            (["positive", "signed"] as const).map((way) => grown(start, way, mostNeurons)),
          ),
      },
    ],
    later: nothingLater,
  }),
  page,
};

/** One neuron more at a time until there are `most`, or no split lowers the loss. In double precision, without chance. */
export function grown(start: Neuron, way: Growth["way"], most: number): Growth {
  let neurons = atMinimum([start]);
  const path = [noteOf(neurons)];
  while (neurons.length < most) {
    const best = bestSplit(neurons, ways[way]);
    if (!best) break;
    neurons = best.neurons;
    path.push({ ...noteOf(neurons), type: best.type });
  }
  return { start, way, path, weights: neurons.map(({ w }) => w) };
}

const atMinimum = (neurons: readonly Neuron[]): readonly Neuron[] =>
  trained(neurons, { gradient: 1e-10, steps: 20_000 }).neurons;

function noteOf(neurons: readonly Neuron[]): Growth["path"][number] {
  const extremes = splittingMatrices(neurons).map(extremesOf);
  return {
    neurons: neurons.length,
    loss: lossOf(neurons),
    least: Math.min(...extremes.map(({ least }) => least)),
    greatest: Math.max(...extremes.map(({ greatest }) => greatest)),
  };
}

/** Of each type the neuron of largest gain, trained; the type that ends lowest. Undefined where no type has a gain. */
function bestSplit(neurons: readonly Neuron[], types: readonly SplitType[]) {
  const extremes = splittingMatrices(neurons).map(extremesOf);
  const tried = types.flatMap((type) => {
    const forms = extremes.map((found) => quadraticForm(type, found, usualC));
    const index = forms.indexOf(Math.min(...forms));
    const own = extremes[index];
    if (!own || !((forms[index] ?? 0) < 0)) return [];
    const copies = copiesOf(type, endsOf(own), usualC);
    const after = atMinimum(withSplit(neurons, index, { copies, step }));
    return [{ type, neurons: after, loss: lossOf(after) }];
  });
  return tried.sort((a, b) => a.loss - b.loss)[0];
}

const digits = (value: number): string => value.toPrecision(3);

function page(finished: Finished): Page {
  const found = finished.result(key, escapeSchema);
  const title = "Signed splits go on where others are stuck";
  const question =
    "On a net of radial units whose teacher has outgoing weights of both signs: where does growth by positive splits end, and does a menu " +
    "with negative binary splits (S3D) go on from there?";
  if (!found) return { title, question, answer: ["Not run yet."], sections: [] };
  const ends = (way: Growth["way"]): string =>
    found
      .filter((growth) => growth.way === way)
      .map(({ path }) => digits(path[path.length - 1]?.loss ?? Number.NaN))
      .join(", ");
  return {
    title,
    question,
    answer: [
      `With up to ${mostNeurons} neurons, from ${starts.length} starts: losses ${ends("positive")} by positive splits, ${ends("signed")} with signed ones. ` +
        "Copies of a positive split start with their parent's sign; of a negative one the smaller takes the other sign.",
    ],
    sections: [
      {
        heading: "How",
        body: [
          `f(x) = sum of w exp(-(a x + b)² / 2), three such units as teacher (weights 1, -1.5, 2), 201 points, full-batch gradient descent to a gradient of 1e-10 or ` +
            `20,000 steps, in double precision, without chance. A split moves copies by ${step}; signed weights sum to ${usualC} in absolute value. Of each type the ` +
            "neuron of largest predicted gain is split and the net trained; the type that ends lowest is kept.",
        ],
      },
      ...found.map(growthSection),
    ],
  };
}

const growthSection = ({ start, way, path, weights }: Growth) => ({
  heading: `From (w, a, b) = (${start.w}, ${start.a}, ${start.b}), ${way} splits`,
  body: [
    markdownTable(
      ["neurons", "by", "loss", "least eigenvalue", "greatest eigenvalue"],
      path.map(({ neurons, type = "-", loss, least, greatest }) => [
        `${neurons}`,
        type,
        digits(loss),
        digits(least),
        digits(greatest),
      ]),
    ),
    `Outgoing weights at the end: ${weights.map((weight) => weight.toFixed(2)).join(", ")}.`,
  ],
});
