import { describe, expect, test } from "vitest";
import { loadGraph, parseGraph, withSplit } from "../../src/datasets/index.ts";
import { UserError } from "../../src/errors.ts";
import { smallGraphFile } from "../support/small-graph.ts";

const file = smallGraphFile();
const parsed = (changed: object) => parseGraph(JSON.stringify({ ...file, ...changed }), "g.json");

test("a graph file gives nodes, edges, features, labels and splits", () => {
  const graph = parsed({});

  expect(graph).toMatchObject({ name: "small", nodes: 90, features: 12, classes: 3 });
  expect(Array.from(graph.edges)).toEqual(file.edges);
  expect(graph.featureOffsets.at(-1)).toBe(graph.featureIndices.length);
  expect([graph.train, graph.validation, graph.test].map(({ length }) => length)).toEqual([
    15, 30, 45,
  ]);
});

describe("a graph that contradicts itself is refused in one sentence:", () => {
  test.each([
    ["a label beyond the classes", { labels: [...file.labels.slice(1), 3] }, "a label of 3"],
    ["too few labels", { labels: [0] }, "1 labels for 90 nodes"],
    ["an edge with one end", { edges: [0, 1, 2] }, "one end"],
    ["an edge out of the graph", { edges: [0, 90] }, "a node of 90 or more"],
    ["an edge from a node to itself", { edges: [4, 4] }, "to itself"],
    ["a node in two splits", { val: file.train }, "two splits"],
    [
      "a node without label in a split",
      { labels: file.labels.with(file.train[0] ?? 0, -1) },
      "without",
    ],
    ["too few offsets", { featIndptr: [0] }, "1 feature offsets"],
    ["a feature out of range", { featIndices: file.featIndices.with(0, 12) }, "a feature of 12"],
    ["offsets that fall", { featIndptr: file.featIndptr.with(1, 1e6) }, "do not rise"],
    ["no training nodes", { train: [] }, "train"],
    ["text for a number", { numNodes: "many" }, "numNodes"],
  ])("%s", (_, change, said) => {
    expect(() => parsed(change)).toThrow(UserError);
    expect(() => parsed(change)).toThrow(said);
  });

  test("no JSON", () => {
    expect(() => parseGraph("graph {", "g.json")).toThrow("g.json is no graph: not JSON");
    expect(() => parseGraph("", "g.json")).toThrow("g.json is no graph: not JSON");
  });
});

test("an unknown graph and a folder without it are named, with what to do", async () => {
  await expect(loadGraph("karate")).rejects.toThrow(UserError);
  await expect(loadGraph("cora:/nowhere")).rejects.toThrow("/nowhere/cora.json");
});

describe("splits of a graph", () => {
  // Known labels but for node 57.
  const nodes = 1100;
  const large = smallGraphFile({ nodes });
  const graph = parsed({ ...large, edges: [], labels: large.labels.with(57, -1), test: [50, 51] });

  test("full: every labelled node trains that is neither held out nor tested", () => {
    const { train, validation, test: tested } = withSplit(graph, "full");

    // All but 30 held out, two tested, one unlabelled.
    expect(train).toHaveLength(nodes - 30 - 2 - 1);
    expect(new Set([...train, ...validation, ...tested, 57]).size).toBe(nodes);
  });

  test("complete: the last 500 labelled nodes are tested, the 500 before held out", () => {
    const { train, validation, test: tested } = withSplit(graph, "complete");

    expect([train, validation, tested].map(({ length }) => length)).toEqual([99, 500, 500]);
    expect([train.at(-1), validation[0], tested.at(-1)]).toEqual([99, 100, 1099]);
    expect(train).not.toContain(57);
  });
});
