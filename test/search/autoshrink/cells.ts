import {
  alternatingOperations,
  type CellStack,
  type ConvolutionalCell,
} from "../../../src/network/cells/convolutional-cell.ts";
import { completeWiring } from "../../../src/network/cells/wiring.ts";

/** The complete wiring, separable convolutions at even nodes. */
export const alternatingCell = (nodes: number): ConvolutionalCell => ({
  wiring: completeWiring(nodes),
  operations: alternatingOperations(nodes),
});

/** The network that cells are scored in: three stages of one cell. */
export const proxyStack = (size: number, stem: number, filters: number): CellStack => ({
  name: "proxy",
  input: { height: size, width: size, channels: 3 },
  stem: { width: stem, stride: 1 },
  stages: [
    { cells: 1, filters, pool: 1 },
    { cells: 1, filters: 2 * filters, pool: 2 },
    { cells: 1, filters: 4 * filters, pool: 2 },
  ],
  classes: 10,
  residual: true,
  activation: "relu",
});
