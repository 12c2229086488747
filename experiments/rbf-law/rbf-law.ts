import { z } from "zod";
import { copiesOf, splitTypeNames } from "../../search/splitting/split-types.ts";
import { lossLaw, renderFigure } from "../../src/figures/index.ts";
import { type Experiment, nothingLater, type Page } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { markdownTable } from "../markdown.ts";
import { lossOf, type Neuron, splittingMatrices, trained } from "./rbf-net.ts";
import { endsOf, extremesOf, quadraticGain, withSplit } from "./split-types.ts";

const changeSchema = z.object({
  type: z.enum(splitTypeNames),
  step: z.number(),
  predicted: z.number(),
  realised: z.number(),
});

const sceneSchema = z.object({
  loss: z.number(),
  least: z.number(),
  greatest: z.number(),
  changes: z.array(changeSchema),
});

export const lawSchema = z.object({
  /** Of absolute weights of the copies. */
  c: z.number(),
  untrained: sceneSchema,
  trained: sceneSchema.extend({ steps: z.number() }),
  growth: z.array(z.object({ neurons: z.number(), loss: z.number(), gradient: z.number() })),
});
export type Law = z.infer<typeof lawSchema>;

const key = "law";

export const rbfLaw: Experiment = {
  summary: "whether a split changes the loss by step^2 / 2 times its index, for every split type",
  tasks: () => ({
    tasks: [
      {
        key,
        label: "split law on a net of radial units",
        kind: "train",
        estimated_s: 5,
        run: async () => law(),
      },
    ],
    later: nothingLater,
  }),
  page,
};

/** Where the specification's reference experiment starts: not stationary. */
const start: Neuron = { w: 1, a: 0.5, b: 0.25 };
const steps = [0.1, 0.03, 0.01, 0.003, 0.001];
const c = 3;

/** All in double precision and without chance: the same on every machine but for the last digits. */
export function law(): Law {
  const stationary = trained([start], { gradient: 1e-13, steps: 100_000 });
  return {
    c,
    untrained: scene([start]),
    trained: { ...scene(stationary.neurons), steps: stationary.steps },
    growth: growth(stationary.neurons, 3),
  };
}

function scene(neurons: readonly Neuron[]) {
  const [matrix] = splittingMatrices(neurons);
  if (!matrix) throw new Error("A scene needs a neuron");
  const extremes = extremesOf(matrix);
  const loss = lossOf(neurons);
  return {
    loss,
    least: extremes.least,
    greatest: extremes.greatest,
    changes: splitTypeNames.flatMap((type) => {
      const copies = copiesOf(type, endsOf(extremes), c);
      return steps.map((step) => ({
        type,
        step,
        predicted: (step ** 2 / 2) * quadraticGain(copies, matrix),
        realised: lossOf(withSplit(neurons, 0, { copies, step })) - loss,
      }));
    }),
  };
}

/** Splits the neuron of least index in two, trains, and again. */
function growth(first: readonly Neuron[], splits: number): Law["growth"] {
  let neurons = first;
  const path = [{ neurons: 1, loss: lossOf(neurons), gradient: 0 }];
  for (let split = 0; split < splits; split++) {
    const extremes = splittingMatrices(neurons).map(extremesOf);
    const least = extremes.map((found) => found.least);
    const index = least.indexOf(Math.min(...least));
    const own = extremes[index];
    if (!own) throw new Error("No neuron to split");
    const copies = copiesOf("positive binary", endsOf(own), c);
    const grown = trained(withSplit(neurons, index, { copies, step: 0.01 }), {
      gradient: 1e-12,
      steps: 60_000,
    });
    neurons = grown.neurons;
    path.push({ neurons: neurons.length, loss: lossOf(neurons), gradient: grown.gradient });
  }
  return path;
}

const digits = (value: number): string => value.toPrecision(6);

function page(finished: Finished): Page {
  const found = finished.result(key, lawSchema);
  const question =
    "Splitting theory says: replace a neuron by copies of weights w and displacements d times the step, and the loss changes by " +
    "step² / 2 times the sum of w d'Sd, S being the neuron's splitting matrix. Does it, for every split type, stationary or not?";
  const title = "The split law on a net of radial units";
  if (!found) return { title, question, answer: ["Not run yet."], sections: [] };
  const worst = (scene: Law["untrained"]) =>
    Math.max(
      ...scene.changes
        .filter(({ step }) => step === 0.001)
        .map(({ realised, predicted }) => Math.abs(1 - realised / predicted)),
    );
  const losses = found.growth.map(({ loss }) => digits(loss)).join(", ");
  return {
    title,
    question,
    answer: [
      `At a step of 0.001 realised and predicted change agree within ${(100 * worst(found.untrained)).toFixed(3)} % at a point that is not ` +
        `stationary and ${(100 * worst(found.trained)).toFixed(3)} % at a minimum, over all split types. Symmetric types err with the square of the ` +
        "step; those with a common displacement (negative binary, hybrid triplet) in proportion to it.",
      `Growth by the least index: losses ${losses} with 1 to ${found.growth.length} neurons.`,
    ],
    sections: [
      sceneSection("Not stationary: w = 1, (a, b) = (0.5, 0.25)", "untrained", found.untrained),
      sceneSection(`A minimum, after ${found.trained.steps} steps`, "trained", found.trained),
    ],
  };
}

const sceneSection = (heading: string, name: string, scene: Law["untrained"]) => ({
  heading,
  body: [
    `Loss ${digits(scene.loss)}, eigenvalues of S ${digits(scene.least)} and ${digits(scene.greatest)}; weights of copies sum to 3 in absolute value.`,
    markdownTable(
      ["split", ...steps.map((step) => `realised / predicted at ${step}`), "predicted at 0.01"],
      splitTypeNames.map((type) => {
        const own = scene.changes.filter((change) => change.type === type);
        const middle = own.find(({ step }) => step === 0.01);
        return [
          type,
          ...own.map(({ realised, predicted }) => (realised / predicted).toFixed(6)),
          middle ? middle.predicted.toExponential(4) : "",
        ];
      }),
    ),
  ],
  figure: {
    name,
    description: `Deviation from the split law against the step: ${heading}`,
    svg: renderFigure(
      lossLaw(
        scene.changes.map(({ type, step, realised, predicted }) => ({
          label: type,
          step,
          deviation: Math.abs(1 - realised / predicted),
        })),
      ),
    ),
  },
});
