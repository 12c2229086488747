import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EvolutionRequest, evolve } from "../../../search/hurricane/evolve.ts";
import type { Path } from "../../../src/network/blocks/operator-space.ts";
import { seededRandom } from "../../../src/random.ts";

const names = ["a", "b", "c", "d"];
const choices = Array.from({ length: 6 }, () => names);
/** Later letters and blocks are better, each block by itself. */
const worthOf = (path: Path): number =>
  path.reduce((sum, name, block) => sum + names.indexOf(name) * (block + 1), 0);

const request = (changes: Partial<EvolutionRequest> = {}): EvolutionRequest => ({
  choices,
  first: choices.map(() => "a"),
  population: 20,
  parents: 5,
  generations: 20,
  mutationChance: 0.1,
  isLegal: () => true,
  judge: (path) => Promise.resolve({ accuracy: worthOf(path), loss: 0 }),
  random: seededRandom(1),
  ...changes,
});

describe("evolution", () => {
  test("finds the best of 4096 paths among 400", async () => {
    const { best, judged } = await evolve(request());

    expect(worthOf(best.path)).toBeGreaterThanOrEqual(60);
    expect(judged).toBeLessThanOrEqual(400);
  });

  test("judges legal paths only, none of them twice, and the first path first", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 63 }), async (seed, limit) => {
        const judged: Path[] = [];
        await evolve(
          request({
            random: seededRandom(seed),
            isLegal: (path) => worthOf(path) <= limit,
            judge: (path) => {
              judged.push(path);
              return Promise.resolve({ accuracy: worthOf(path), loss: 0 });
            },
          }),
        );
        expect(judged.every((path) => worthOf(path) <= limit)).toBe(true);
        expect(new Set(judged.map((path) => path.join())).size).toBe(judged.length);
        expect(judged[0]).toEqual(choices.map(() => "a"));
      }),
      { numRuns: 20 },
    );
  });

  test("gives the first path where nothing is better, and the lower loss where accuracies are equal", async () => {
    const flat = await evolve(request({ judge: () => Promise.resolve({ accuracy: 1, loss: 1 }) }));
    const byLoss = await evolve(
      request({ judge: (path) => Promise.resolve({ accuracy: 1, loss: -worthOf(path) }) }),
    );

    expect(flat.best).toEqual(flat.first);
    expect(byLoss.best.loss).toBeLessThan(byLoss.first.loss);
  });

  test("ends early where a space has no more paths", async () => {
    const { judged } = await evolve(request({ choices: [["a"], ["a", "b"]], first: ["a", "a"] }));

    expect(judged).toBe(2);
  });

  test("draws the same again from the same seed", async () => {
    const runs = [await evolve(request()), await evolve(request())];

    expect(runs[1]).toEqual(runs[0]);
  });
});
