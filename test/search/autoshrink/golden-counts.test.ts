import { expect, test } from "vitest";
import { convolutionalScore, recurrentScore } from "../../../search/autoshrink/score.ts";
import {
  type CellStack,
  type ConvolutionalCell,
  cellNetwork,
} from "../../../src/network/cells/convolutional-cell.ts";
import { languageModelParameters } from "../../../src/network/cells/recurrent-cell.ts";
import { shrinkRnn } from "../../../src/network/cells/recurrent-presets.ts";
import { completeWiring, type Edge, withoutEdge } from "../../../src/network/cells/wiring.ts";
import { networkMacs } from "../../../src/network/costs.ts";
import { type Network, placeLayers } from "../../../src/network/network.ts";
import { parametersOf } from "../../../src/network/parameters.ts";
import { releasedCell } from "../../../src/network/presets/shrink-cnn.ts";
import { findPreset } from "../../../src/network/presets.ts";
import { alternatingCell, proxyStack } from "./cells.ts";

// Counts of a recount of the release's rules apart from this code; those of ShrinkCNN-A agree with its README (3.6 M, 384 M).

const stackMacs = (cell: ConvolutionalCell, stack: CellStack): number =>
  networkMacs(cellNetwork(cell, stack));

/** Weights, and the classifier's biases; the published counts leave batch norm out. */
const stackParameters = (cell: ConvolutionalCell, stack: CellStack): number =>
  weightsOf(cellNetwork(cell, stack));

const weightsOf = (network: Network): number =>
  parametersOf(network)
    .filter(({ role }) => role === "kernel" || role === "bias")
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

/** Channels that the classifier reads. */
const stackFeatures = (cell: ConvolutionalCell, stack: CellStack): number | undefined =>
  placeLayers(cellNetwork(cell, stack)).at(-1)?.in.channels;

test("preset shrink-cnn-a, at 224x224 and 1,001 classes, has 3.601 M parameters and 383.7 M MACs", () => {
  const network = findPreset("shrink-cnn-a").build({});

  expect(network.input).toEqual({ height: 224, width: 224, channels: 3 });
  expect(weightsOf(network) / 1e6).toBeCloseTo(3.601, 3);
  expect(networkMacs(network) / 1e6).toBeCloseTo(383.7, 1);
});

test("the same cell in the proxy network has 9,176,320 MACs, 50,138 parameters, 128 features", () => {
  const proxy = proxyStack(32, 32, 16);

  expect(stackMacs(releasedCell, proxy)).toBe(9_176_320);
  expect(stackParameters(releasedCell, proxy)).toBe(50_138);
  expect(stackFeatures(releasedCell, proxy)).toBe(128);
});

test("eight nodes, completely wired, have 27.065 M MACs, 150.2 k parameters, 64 features", () => {
  const [cell, proxy] = [alternatingCell(8), proxyStack(32, 32, 16)];

  expect(stackMacs(cell, proxy) / 1e6).toBeCloseTo(27.065, 3);
  expect(stackParameters(cell, proxy) / 1e3).toBeCloseTo(150.2, 1);
  expect(stackFeatures(cell, proxy)).toBe(64);
});

/** What removing an edge adds to the MACs, in percent. */
function change(nodes: number, edge: Edge, stack: ReturnType<typeof proxyStack>): number {
  const cell = alternatingCell(nodes);
  const without = { ...cell, wiring: withoutEdge(cell.wiring, edge) };
  return 100 * (stackMacs(without, stack) / stackMacs(cell, stack) - 1);
}

test("removing one edge of eight nodes changes MACs by -23.2 to +5.5 %, most by 6->7", () => {
  const stack = proxyStack(32, 32, 16);
  const changes = completeWiring(8).edges.map((edge) => change(8, edge, stack));

  expect(Math.min(...changes)).toBeCloseTo(-23.2, 1);
  expect(Math.max(...changes)).toBeCloseTo(5.5, 1);
  expect(change(8, [6, 7], stack)).toBe(Math.max(...changes));
});

test("five nodes at 16x16 have 0.678 M MACs, and 11.8 % more without 3->4", () => {
  const stack = proxyStack(16, 8, 8);

  expect(stackMacs(alternatingCell(5), stack) / 1e6).toBeCloseTo(0.678, 3);
  expect(change(5, [3, 4], stack)).toBeCloseTo(11.8, 1);
});

test("accuracy 0.60 scores 0.4568 at 27.065 M MACs and 0.5037 at 9.176 M", () => {
  expect(convolutionalScore(0.6, "macs", 27.065e6)).toBeCloseTo(0.4568, 4);
  expect(convolutionalScore(0.6, "macs", 9.176e6)).toBeCloseTo(0.5037, 4);
});

test("ShrinkRNN with 12 edges, 745 hidden units and 10,000 words has 23.0 M parameters", () => {
  const parameters = languageModelParameters(shrinkRnn, { hiddenSize: 745, words: 10_000 });

  expect(shrinkRnn.wiring.edges).toHaveLength(12);
  expect(parameters / 1e6).toBeCloseTo(23.0, 1);
});

test("fifteen edges instead of five cost a recurrent cell what 1.9 points of perplexity do", () => {
  const scoreOf = (perplexity: number, edges: number) =>
    recurrentScore(perplexity, { edges, hiddenSize: 100 });

  expect(scoreOf(100, 5) - scoreOf(100, 15)).toBeCloseTo(0.48, 2);
  expect(scoreOf(100 - 1.9, 15)).toBeCloseTo(scoreOf(100, 5), 1);
});
