import { afterAll, beforeAll, expect, test } from "vitest";
import { growingWidths } from "../../../search/group-widths.ts";
import { confirmed } from "../../../search/growth/confirm.ts";
import { search } from "../../../search/index.ts";
import type { Network } from "../../../src/network/network.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { seedNetwork, smallSearch } from "../small-search.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const offered = ["a", "b", "c"].map((label) => ({ label, network: seedNetwork }));
const saying = (meets: readonly boolean[]) => ({
  confirm: () =>
    Promise.resolve(meets.map((meetsBudget, i) => ({ meetsBudget, words: `${10 + i} µs` }))),
});
const labels = (networks: readonly { readonly label: string }[]) =>
  networks.map(({ label }) => label);

test("networks that miss the budget on the device are dropped by name", async () => {
  const { networks, verdict } = await confirmed(offered, saying([true, false, true]));

  expect(labels(networks)).toEqual(["a", "c"]);
  expect(verdict).toBe("too dear when measured: b 11 µs");
});

test("where none meets it all stay, and the history says so", async () => {
  const { networks, verdict } = await confirmed(offered, saying([false, false, false]));

  expect(networks).toHaveLength(3);
  expect(verdict).toMatch(/^no finalist meets the budget when measured: a 10 µs, b/);
});

test("nothing is said where all meet it, or where nobody can measure", async () => {
  expect(await confirmed(offered, saying([true, true, true]))).toEqual({ networks: offered });
  expect(await confirmed(offered, {})).toEqual({ networks: offered });
});

test("a search delivers no network that its device was seen to find too dear", async () => {
  const asked: Network[] = [];
  const first = (network: Network): number => [...growingWidths(network).values()][0] ?? 0;
  const { network, history } = await search(
    await smallSearch(engine, {
      confirm: (networks) => {
        asked.push(...networks);
        // A device on which a wide first layer costs more than the table says.
        const narrowest = Math.min(...networks.map(first));
        return Promise.resolve(
          networks.map((one) => ({
            meetsBudget: first(one) === narrowest,
            words: `${first(one)} channels first`,
          })),
        );
      },
    }),
  );

  const dear = asked.filter((one) => first(one) > Math.min(...asked.map(first)));
  expect(dear.length).toBeGreaterThan(0);
  expect(dear.map((one) => [...growingWidths(one).values()])).not.toContainEqual([
    ...growingWidths(network).values(),
  ]);
  expect(history.rounds.map(({ verdict }) => verdict ?? "").join()).toMatch(
    /too dear when measured: .* channels first/,
  );
});
