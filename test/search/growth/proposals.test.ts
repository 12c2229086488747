import { describe, expect, test } from "vitest";
import { atWidths, growingWidths } from "../../../search/group-widths.ts";
import { anchorNetwork } from "../../../search/growth/anchor.ts";
import { limitsAt, roomOf } from "../../../search/growth/limits.ts";
import { growthProposals, type Proposal } from "../../../search/growth/proposals.ts";
import { type SearchContext, summedCost } from "../../../search/index.ts";
import { stagesOf } from "../../../search/stages.ts";
import { packedMobilenet } from "../packed-mobilenet.ts";

// Between two rounds nothing is trained: neither engine nor images are read.
const context = { ...packedMobilenet, network: {} } as unknown as SearchContext;
const network = anchorNetwork(context);
const limits = limitsAt(0.7, roomOf(context));
const stages = stagesOf(network);
const stageOf = (group: string) => [...stages].find(([, groups]) => groups.includes(group))?.[0];

/** The same gain for every neuron but those of one stage. */
const gainsWith = (stage: string, gain: number) =>
  new Map(
    [...growingWidths(network)].map(([group, width]) => [
      group,
      Array.from({ length: width }, () => [
        {
          type: "positive binary" as const,
          added: 1,
          gain: stageOf(group) === stage ? gain : 1,
          standardError: 0,
        },
      ]),
    ]),
  );
const proposalsBy = (menus: ReturnType<typeof gainsWith>) =>
  growthProposals({ network, menus, limits }, context);
const find = (proposals: readonly Proposal[], label: string): Proposal => {
  const found = proposals.find((one) => one.label === label);
  if (!found) throw new Error(`No proposal "${label}"`);
  return found;
};
/** Neurons added in a stage. */
const addedIn = (stage: string, { widths }: Proposal): number =>
  [...widths].reduce(
    (sum, [group, width]) =>
      sum + (stageOf(group) === stage ? width - (growingWidths(network).get(group) ?? 0) : 0),
    0,
  );

describe("proposals for a step", () => {
  const proposals = proposalsBy(gainsWith("", 1));

  test("are uniform growth and one knapsack, not alike", () => {
    expect(proposals.map(({ label }) => label)).toEqual(["uniform", "knapsack"]);
    const [uniform, chosen] = proposals.map(({ widths }) => JSON.stringify([...widths]));
    expect(chosen).not.toBe(uniform);
  });

  test("keep the step's limits, on whole blocks, and no neuron is split twice", () => {
    for (const { widths } of proposals) {
      const { latency_s } = summedCost(atWidths(network, widths), context.costs);
      expect(latency_s).toBeLessThanOrEqual(limits.latency_s ?? 0);
      for (const [group, width] of widths) {
        expect(width % 16).toBe(0);
        expect(width).toBeLessThanOrEqual(2 * (growingWidths(network).get(group) ?? 0));
      }
    }
  });
});

test("the knapsack goes where gains are: ten times the gain brings a stage more neurons", () => {
  const [even, tilted] = [1, 10].map((gain) =>
    find(proposalsBy(gainsWith("16x16", gain)), "knapsack"),
  );

  expect(addedIn("16x16", tilted as Proposal)).toBeGreaterThan(addedIn("16x16", even as Proposal));
});

test("the anchor is uniform on whole blocks, at 45 % of what lies between the narrowest and the budget", () => {
  const { latency_s } = summedCost(network, context.costs);
  const limit_s = limitsAt(0.45, roomOf(context)).latency_s ?? 0;

  expect(latency_s).toBeLessThanOrEqual(limit_s);
  expect(latency_s).toBeGreaterThan(0.9 * limit_s);
  for (const width of growingWidths(network).values()) expect(width % 16).toBe(0);
});
