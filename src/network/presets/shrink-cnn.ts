import {
  alternatingOperations,
  type CellStack,
  type ConvolutionalCell,
  cellNetwork,
} from "../cells/convolutional-cell.ts";
import { completeWiring } from "../cells/wiring.ts";
import type { Shape } from "../layer.ts";
import { cifar, mnist, type Preset } from "./building.ts";

/** Every node reads all before it; separable convolutions at even nodes. */
const completeCell = (nodes: number): ConvolutionalCell => ({
  wiring: completeWiring(nodes),
  operations: alternatingOperations(nodes),
});

/** Three stages of one cell, the networks in which AutoShrink scores cells (Zhang et al. 2019, arXiv 1911.09251). */
const shrinkCnn = (
  name: string,
  nodes: number,
  {
    input,
    stem,
    filters,
  }: { readonly input: Shape; readonly stem: CellStack["stem"]; readonly filters: number },
): Preset => ({
  summary: `three cells of ${nodes} nodes, completely wired: what autoshrink begins with; ${input.height}x${input.width}x${input.channels}`,
  build: ({ multiplier = 1, classes = 10 }) => {
    const wide = (width: number) => Math.max(1, Math.round(width * multiplier));
    return cellNetwork(completeCell(nodes), {
      name,
      input,
      stem: { ...stem, width: wide(stem.width) },
      stages: [
        { cells: 1, filters: wide(filters), pool: 1 },
        { cells: 1, filters: wide(2 * filters), pool: 2 },
        { cells: 1, filters: wide(4 * filters), pool: 2 },
      ],
      classes,
      residual: true,
      activation: "relu",
    });
  },
});

/** The cell of ShrinkCNN-A and B as released, which only differ in its activation. */
export const releasedCell: ConvolutionalCell = {
  wiring: {
    nodes: 5,
    edges: [
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
      [1, 3],
      [2, 4],
    ],
  },
  operations: ["separable3x3", "separable3x3", "separable3x3", "conv1x1"],
};

/** ShrinkCNN-A as released: five stages for ImageNet, widths times 1.4 rounded to multiples of four. */
export const shrinkCnnA: Preset = {
  summary: "ShrinkCNN-A: the cell that AutoShrink's release found, stacked; 224x224x3",
  build: ({ multiplier = 1, classes = 1001 }) => {
    const wide = (width: number) => Math.max(1, Math.round(width * multiplier));
    const stage = (cells: number, filters: number, pool: 1 | 2) => ({
      ...{ cells, pool },
      filters: wide(filters),
    });
    return cellNetwork(releasedCell, {
      name: "shrink-cnn-a",
      input: { height: 224, width: 224, channels: 3 },
      stem: { width: wide(44), stride: 2 },
      stages: [
        stage(1, 12, 1),
        stage(3, 24, 2),
        stage(4, 44, 2),
        stage(6, 88, 2),
        stage(4, 180, 2),
      ],
      headWidth: wide(1280),
      classes,
      residual: true,
      activation: "relu",
    });
  },
};

/** Of the release's size divided by about forty, for greyscale images: a search of minutes. */
export const shrinkCnnMnist = shrinkCnn("shrink-cnn", 5, {
  input: mnist,
  stem: { width: 8, stride: 2 },
  filters: 8,
});

/** The size of the release. */
export const shrinkCnnCifar = shrinkCnn("shrink-cnn-cifar", 8, {
  input: cifar,
  stem: { width: 32, stride: 1 },
  filters: 16,
});
