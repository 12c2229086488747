import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { networkOf } from "../../../search/autoshrink/cell-space.ts";
import { shrinkMethod } from "../../../search/autoshrink/shrink-method.ts";
import { findMethod, type SearchMethod, search } from "../../../search/index.ts";
import { alternatingOperations } from "../../../src/network/cells/convolutional-cell.ts";
import { cellsOf } from "../../../src/network/cells/read-cells.ts";
import { completeWiring, randomWiring, requireCell } from "../../../src/network/cells/wiring.ts";
import { networkMacs } from "../../../src/network/costs.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { seedNetwork, smallCells, smallSearch, tinyRecipe } from "../small-search.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const trying = (candidates: number, removal: "best" | "random" = "best"): SearchMethod =>
  shrinkMethod({ name: "autoshrink", summary: "", candidates, removal });

describe("shrinking a cell of four nodes", () => {
  test("takes an edge a step until one is left, and delivers the best of the way", async () => {
    const { history, network } = await search(
      await smallSearch(engine, { method: trying(2), budget: { macs: 1e9 } }),
    );

    const steps = history.rounds.filter(({ kind }) => kind === "shrink");
    for (const { candidates } of steps) expect([1, 2]).toContain(candidates.length);
    const left = steps.map(({ verdict }) => Number.parseInt(verdict ?? "", 10));
    expect(left).toEqual([...new Set(left)].sort((a, b) => b - a));
    expect(left.at(-1)).toBe(1);
    const scores = steps.map(({ verdict }) => Number(/score (\S+)$/.exec(verdict ?? "")?.[1]));
    expect(history.ended).toContain(`score ${Math.max(...scores).toFixed(4)}`);
    expect(cellsOf(network)?.stack).toEqual(smallCells);
  });

  test("keeps to a budget that the complete cell does not fit", async () => {
    const macs = 2500;
    const options = await smallSearch(engine, { method: trying(3), budget: { macs } });

    const { network } = await search(options);

    expect(networkMacs(options.reference ?? network)).toBeGreaterThan(macs);
    expect(networkMacs(network)).toBeLessThanOrEqual(macs);
  });
});

test("operations are the seed's", async () => {
  const operationsOf = async (seed: number) => {
    const options = await smallSearch(engine, {
      method: findMethod("random-wirings"),
      seed,
      recipe: { ...tinyRecipe, trialEpochs: 1, finalEpochs: 1 },
    });
    const point = { round: 0, trained: [], memory: { note: null, arrays: new Map() } };
    const move = await options.method.next(point, {
      granularity: 1,
      reference: options.network,
      ...options,
    });
    return "candidates" in move
      ? move.candidates.map(({ label, network }) => [label, network])
      : [];
  };

  expect(await operationsOf(1)).toEqual(await operationsOf(1));
  expect(await operationsOf(1)).not.toEqual(await operationsOf(2));
});

test.each(["autoshrink", "random-wirings"])("%s refuses a network without cells", async (name) => {
  const options = await smallSearch(engine, {
    method: findMethod(name),
    network: seedNetwork,
    reference: seedNetwork,
  });

  await expect(search(options)).rejects.toThrow(
    expect.objectContaining({
      exit: "usage",
      message: expect.stringMatching(/"two-convolutions" is not made of cells/),
    }),
  );
});

test("a method that searches for widths refuses cells, whose widths are tied", async () => {
  const { reference = seedNetwork } = await smallSearch(engine, { method: trying(2) });
  const options = await smallSearch(engine, { network: reference, reference, caps: new Map() });

  await expect(search(options)).rejects.toThrow(
    expect.objectContaining({
      exit: "usage",
      message: expect.stringMatching(/concatenations tie/),
    }),
  );
});

test("a budget below cells of one edge is refused before anything is trained", async () => {
  const options = await smallSearch(engine, { method: trying(2), budget: { macs: 100 } });

  await expect(search(options)).rejects.toThrow(expect.objectContaining({ exit: "budget" }));
});

test("wirings drawn by chance are cells of every number of edges", () => {
  const random = seededRandom(1);
  const complete = completeWiring(5);

  const drawn = Array.from({ length: 300 }, () => randomWiring(complete, random));

  for (const wiring of drawn) requireCell(wiring, alternatingOperations(5));
  expect(new Set(drawn.map(({ edges }) => edges.length)).size).toBe(complete.edges.length);
  const space = { complete, operations: alternatingOperations(5), stack: smallCells };
  for (const wiring of drawn) {
    const network = networkOf(space, wiring);
    expect(cellsOf(network)?.cell.wiring.edges.length).toBe(wiring.edges.length);
  }
});
