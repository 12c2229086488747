import { allocations } from "../../search/index.ts";
import { arms, renderFigure } from "../../src/figures/index.ts";
import type { Page, Section } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { markdownTable, microseconds, percent, points } from "../markdown.ts";
import { type Estimate, mean, pairedDifference } from "../statistics.ts";
import { type Setting, settingKey } from "../tasks/setting.ts";
import { type TableNote, tableKey, tableSchema } from "../tasks/table-task.ts";
import { type Trained, trainedSchema } from "../tasks/train-task.ts";
import { widthsText } from "../widths.ts";
import { closeEnough, levelOf, type Round } from "./measure-round.ts";
import { controls, seeds, settledRound, training, trainingKey } from "./protocol.ts";

/** A network of a setting and what its trainings gave. */
interface Arm {
  readonly network: Round["networks"][number];
  readonly trained: readonly Trained[];
}

/** Below this a better allocation is not worth searching for. */
const worthwhile = 0.005;

export function headroomPage(finished: Finished, settings: readonly Setting[]): Page {
  const parts = settings.flatMap((setting) => {
    const round = settledRound(setting, finished);
    if (!round) return [];
    const all = round.networks.map((network) => armOf(setting, network, finished));
    return [{ setting, round, arms: all.filter(({ trained }) => trained.length > 0) }];
  });
  return {
    title: "Headroom: what the allocation of widths is worth at equal measured latency",
    question:
      "If every network takes the same time on the device, how much does accuracy depend on where its channels are? " +
      "A search can win no more than that; where it is little, another network or budget is needed.",
    answer: [
      ...parts.map(({ setting, arms: all }) => verdict(setting, all)),
      ...(parts.length < settings.length
        ? [
            `${settings.length - parts.length} of ${settings.length} settings are still to be measured.`,
          ]
        : []),
    ],
    sections: [
      method(settings, finished),
      ...parts.map(({ setting, round, arms: all }) => settingSection(setting, round, all)),
    ],
  };
}

function armOf(setting: Setting, network: Arm["network"], finished: Finished): Arm {
  const trained = [seeds.first, ...seeds.others].flatMap((seed) => {
    const found = finished.result(trainingKey(setting, network.label, seed), trainedSchema);
    return found ? [found] : [];
  });
  return { network, trained };
}

function verdict(setting: Setting, all: readonly Arm[]): string {
  const name = settingKey(setting);
  const best = repeated(all).filter(({ network }) => !controls.includes(network.label))[0];
  if (!best) return `${name}: ${count(all)} trainings so far, no answer yet. ${spreadText(all)}`;
  const against = controls.flatMap((label) => {
    const control = all.find(({ network }) => network.label === label);
    const difference = control && differenceOf(best, control, seeds.others);
    return difference ? [{ label, difference }] : [];
  });
  const stated = against.map(({ label, difference }) => `${points(difference)} against ${label}`);
  return (
    `${name}: the best allocation by held-out loss is ${best.network.label}: ${stated.join(", ")} ` +
    `in test accuracy under the seeds that did not choose it (${seeds.others.join(", ")}). ` +
    roomText(against.map(({ difference }) => difference)) +
    spreadText(all)
  );
}

/** What differences from the controls say of room for a search: their estimates, and whether chance explains them. */
export function roomText(differences: readonly Estimate[]): string {
  if (differences.some(({ value }) => value < worthwhile))
    return "That is no room worth a search beyond the stairs. ";
  return differences.every(({ low }) => low > 0)
    ? "There is room. "
    : "That would be room, but intervals contain 0: it is not shown. ";
}

/** How far apart trainings of one network are: an order within that is no evidence. */
function spreadText(all: readonly Arm[]): string {
  const spreads = all
    .filter(({ trained }) => trained.length > 1)
    .map(({ network, trained }) => {
      const accuracies = trained.map(({ test }) => test.accuracy);
      return { label: network.label, range: Math.max(...accuracies) - Math.min(...accuracies) };
    });
  if (spreads.length === 0) return "No network has been trained under two seeds yet.";
  const widest = Math.max(...spreads.map(({ range }) => range));
  return (
    `Seeds of one and the same network differ by up to ${percent(widest)} points of test accuracy (${spreads.length} networks with several seeds): ` +
    "an order by fewer points under one seed is no evidence."
  );
}

const count = (all: readonly Arm[]): number =>
  all.reduce((sum, { trained }) => sum + trained.length, 0);

/** Arms trained under all seeds, best by held-out loss with the first seed. */
const repeated = (all: readonly Arm[]): readonly Arm[] =>
  all
    .filter(({ trained }) => trained.length === 1 + seeds.others.length)
    .sort((a, b) => (a.trained[0]?.heldOut.loss ?? 0) - (b.trained[0]?.heldOut.loss ?? 0));

function differenceOf(one: Arm, other: Arm, wanted: readonly number[]) {
  const pairs = wanted.flatMap((seed) => {
    const [a, b] = [one, other].map(({ trained }) => trained.find((run) => run.seed === seed));
    return a && b ? [[a.test.accuracy, b.test.accuracy] as const] : [];
  });
  return pairedDifference(pairs);
}

function method(settings: readonly Setting[], finished: Finished): Section {
  const { epochs, data, recipe } = training;
  const notes = [...new Set(settings.map(({ net }) => net))].flatMap(
    (net) => finished.result(tableKey(net), tableSchema) ?? [],
  );
  return {
    heading: "How",
    body: [
      "The budget is a time: what the table predicts for uniform widths times the multiplier, each rounded up to an edge of the " +
        "device's stairs (the multiplier as written may cost twice as much: widths that are no multiple of the block run on slower " +
        "kernels). Every allocation, uniform ones included, is the widest of its shares within the budget; all are measured " +
        `together, interleaved, and where an interval excludes all within ${percent(closeEnough, 0)} % of the median, that network is chosen anew, its allowance ` +
        "corrected by half of what it was off (a table's error and a measurement's uncertainty are alike), and all are measured again. Plain uniform widths are multiples of 8, as width multipliers are used (of the runtime's block where none of those fits); all others lie on edges.",
      `Training: ${epochs} epochs on one cosine, all training images of ${data.name} but those held out, random crops and mirroring, batch ` +
        `${recipe.batch}, Nesterov momentum 0.9, peak rate ${recipe.learningRate}, weight decay ${recipe.weightDecay} on kernels. Same seed, same order of examples. ` +
        "Held-out loss chooses; the last epoch counts; the test split is read once per training. Intervals are 95 %, Student's t over paired seeds: with two of them they are wide.",
      ...notes.map(tableText),
      markdownTable(
        ["allocation", "what it is"],
        [
          ["uniform", "the reference's proportions, multiples of 8 or the block"],
          ...allocations.map(({ label, summary }) => [label, summary]),
        ],
      ),
    ],
  };
}

const tableText = (note: TableNote): string =>
  `Table of ${note.space}: ${note.platform}, runtime ${note.runtimeVersion}; ${note.designNetworks} design networks` +
  (note.medianError === undefined || note.p90Error === undefined
    ? ""
    : `, error on ${note.heldOutNetworks} held-out networks: median ${percent(note.medianError, 1)} %, 90th percentile ${percent(note.p90Error, 1)} %`) +
  `; blocks of ${note.block} channels.`;

function settingSection(setting: Setting, round: Round, all: readonly Arm[]): Section {
  const ordered = [...all].sort((a, b) => meanLoss(a) - meanLoss(b));
  const against = (arm: Arm): readonly string[] =>
    controls.map((label) => {
      const control = all.find(({ network }) => network.label === label);
      const difference =
        control && arm !== control
          ? differenceOf(arm, control, [seeds.first, ...seeds.others])
          : undefined;
      return difference ? points(difference) : "";
    });
  const rows = ordered.map((arm) => {
    const { network, trained } = arm;
    const { latency_s, low_s, high_s } = network.measured;
    const share = network.measured.latency_s / levelOf(round);
    return [
      network.label,
      widthsText(network.widths),
      microseconds(network.predicted_s),
      `${microseconds(latency_s)} (${microseconds(low_s)} to ${microseconds(high_s)})`,
      `${share >= 1 ? "+" : ""}${percent(share - 1, 1)}`,
      (network.macs / 1e6).toFixed(2),
      meanLoss(arm).toFixed(3),
      percent(mean(trained.map(({ heldOut }) => heldOut.accuracy))),
      percent(mean(trained.map(({ test }) => test.accuracy))),
      `${trained.length}`,
      ...against(arm),
    ];
  });
  return {
    heading: `${settingKey(setting)}: ${microseconds(round.budget_s)} µs`,
    body: [
      markdownTable(
        [
          "allocation",
          "widths",
          "predicted, µs",
          "measured, µs (95 %)",
          "from the median, %",
          "MMACs",
          "held-out loss",
          "held-out, %",
          "test, %",
          "seeds",
          ...controls.map((label) => `test against ${label}, all seeds`),
        ],
        rows,
      ),
      "Ordered by held-out loss. Loss and accuracies are means over the seeds trained.",
    ],
    ...(ordered.length > 0
      ? {
          figure: {
            name: settingKey(setting),
            description: `Test accuracy by allocation, ${settingKey(setting)}`,
            svg: renderFigure(
              arms(
                ordered.map(({ network, trained }) => ({
                  label: network.label,
                  isReference: controls.includes(network.label),
                  accuracies: trained.map(({ test }) => test.accuracy),
                })),
                { by: "allocation of widths", reference: "uniform widths" },
              ),
            ),
          },
        }
      : {}),
  };
}

const meanLoss = ({ trained }: Arm): number => mean(trained.map(({ heldOut }) => heldOut.loss));
