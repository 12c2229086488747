import { z } from "zod";
import { fromScratch } from "../../search/from-scratch.ts";
import { SupernetTrainer } from "../../search/hurricane/supernet-trainer.ts";
import { drawPath, judgePaths, operatorCosts, supernetState } from "../../search/index.ts";
import { phaseRandom, trainPhase } from "../../search/training-phase.ts";
import { pathNetwork } from "../../src/network/blocks/operator-space.ts";
import { seededRandom } from "../../src/random.ts";
import type { Task } from "../experiment.ts";
import type { Laboratory } from "../laboratory.ts";
import { arms } from "./arms.ts";
import { net, type Protocol, rankingKey } from "./protocol.ts";
import { problemOf } from "./search-arm.ts";

export const rankingSchema = z.object({
  arm: z.string(),
  paths: z.array(
    z.object({
      path: z.string(),
      /** Held-out accuracy on shared weights, and of the network trained by itself from scratch. */
      shared: z.number(),
      alone: z.number(),
    }),
  ),
});

const label = "by score, one stage";

/** Do shared weights rank paths as training each by itself does? */
export const rankingTask = (protocol: Protocol): Task => ({
  key: rankingKey,
  label: `ranking of ${protocol.rankedPaths} paths`,
  kind: "train",
  estimated_s: 10 * protocol.recipe.finalEpochs * (1 + protocol.rankedPaths),
  run: (laboratory) =>
    laboratory.withCosts(net, (table) => rank(protocol, problemOf(table), laboratory)),
});

async function rank(
  { recipe, examples, rankedPaths }: Protocol,
  { space, network, costs, budget }: ReturnType<typeof problemOf>,
  laboratory: Laboratory,
): Promise<z.infer<typeof rankingSchema>> {
  const arm = arms.find((one) => one.label === label);
  if (!arm) throw new Error(`No arm "${label}"`);
  const engine = await laboratory.engine();
  const data = await laboratory.data({ name: "cifar10", examples }, network.input);
  const { signal } = laboratory.context;
  const choices = arm
    .choose(operatorCosts(space, { costs, budget }), space, recipe)
    .map((pool) => pool.map(({ name }) => name));
  const phase = { engine, data, recipe, epochs: recipe.finalEpochs, seed: 0, phase: 0, signal };
  const fresh = supernetState(space, choices, { seed: 0, recipe }, { round: 0 });
  const { state } = await trainPhase(network, begun(fresh), {
    ...phase,
    trainer: new SupernetTrainer({ space, choices }, phase),
  });
  const random = seededRandom(1);
  const drawn = new Map<string, readonly string[]>();
  while (drawn.size < rankedPaths) {
    const path = drawPath(choices, random);
    drawn.set(path.join(" "), path);
  }
  const shared = await judgePaths([...drawn.values()], {
    space,
    weights: state.weights,
    context: { engine, data, recipe },
    random: phaseRandom(0, 1, 0),
  });
  const paths: z.infer<typeof rankingSchema>["paths"] = [];
  for (const [i, [name, path]] of [...drawn].entries()) {
    const alone = pathNetwork(space, path);
    const start = begun(fromScratch(alone, { seed: 0, recipe }, 0));
    const { validation } = await trainPhase(alone, start, phase);
    paths.push({
      path: name,
      shared: shared[i]?.accuracy ?? Number.NaN,
      alone: validation.accuracy,
    });
  }
  return { arm: label, paths };
}

const begun = (state: Parameters<typeof trainPhase>[1]["state"]) => ({
  state,
  epoch: 0,
  trainingLoss: Number.NaN,
});
