import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { isNpy, readNpy, writeNpy } from "./npy.ts";
import { malformed } from "./source-text.ts";

/** HAQ's own file: an array of cycles by layer, bits of weights less one and bits of activations less one. */
export const haqNpy: TableFormat = {
  id: "haq-npy",
  title: "HAQ cycles by layer and bit widths, as NumPy saves them",
  cannotHold: "time, energy, shapes: an accelerator's cycles are no seconds",
  recognises: isNpy,
  read: (file) => {
    const { shape, values } = readNpy(file);
    const [layers = 0, weights = 0, activations = 0] = shape;
    if (shape.length !== 3 || layers * weights * activations === 0)
      throw malformed(
        file,
        `an array of [${shape.join(", ")}]`,
        "[layers, weight bits, activation bits]",
      );
    return [
      {
        dialect: "array of cycles",
        units: { work: "cycles" },
        details: {},
        rows: values.map((work, i) => {
          const layer = Math.floor(i / (weights * activations));
          const weightBits = (Math.floor(i / activations) % weights) + 1;
          const activationBits = (i % activations) + 1;
          return {
            key: `${layer}/w${weightBits}/a${activationBits}`,
            op: "layer",
            shape: { layer, weightBits, activationBits },
            work,
          };
        }),
      },
    ];
  },
  write: (tables) => {
    const cells = fitted(haqNpy, tables, cellOf);
    const shape = [0, 1, 2].map((axis) => 1 + Math.max(...cells.map(({ at }) => at[axis] ?? 0)));
    const [, weights = 1, activations = 1] = shape;
    const place = ([layer = 0, weight = 0, activation = 0]: readonly number[]) =>
      (layer * weights + weight) * activations + activation;
    const values = Array<number>(shape.reduce((product, length) => product * length, 1)).fill(NaN);
    for (const { at, work } of cells) values[place(at)] = work;
    const empty = values.filter(Number.isNaN).length;
    return {
      content: writeNpy({ shape, values }),
      lost: empty > 0 ? [`${empty} places of the array stand empty (not a number)`] : [],
    };
  },
};

function cellOf({ shape, work }: ForeignRow) {
  const { layer, weightBits, activationBits } = shape;
  if (work === undefined) return undefined;
  if (typeof layer !== "number" || typeof weightBits !== "number") return undefined;
  if (typeof activationBits !== "number") return undefined;
  const at = [layer, weightBits - 1, activationBits - 1];
  return at.every((place) => Number.isSafeInteger(place) && place >= 0 && place < 4096)
    ? { at, work }
    : undefined;
}
