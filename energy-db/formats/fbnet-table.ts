import { groupBy } from "../group-by.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { headOf, malformed, numberOf, textOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const words = (line: string): readonly string[] => line.trim().split(/\s+/);
const isCandidate = (word: string): boolean => /^[a-z]\w*$/i.test(word);
const isNumber = (word: string): boolean => word !== "" && Number.isFinite(Number(word));

/** FBNet's lookup table of candidates in µs: a line of names, then a line of numbers for every layer. */
export const fbnetTable: TableFormat = {
  id: "fbnet-table",
  title: "FBNet tables of candidates by layers",
  cannotHold: "energy, device, units, spread, counts, shapes",
  recognises: (file) => {
    const [names = "", first = ""] = headOf(file, 65_536).split(/\r?\n/);
    const [candidates, costs] = [words(names), words(first)];
    return (
      candidates.length > 1 &&
      candidates.length === costs.length &&
      candidates.every(isCandidate) &&
      costs.every(isNumber)
    );
  },
  read: (file, { latencyUnit = "us" } = {}) => {
    const [names = "", ...lines] = textOf(file).trimEnd().split(/\r?\n/);
    const candidates = words(names);
    const rows = lines.flatMap((line, layer) => {
      const costs = words(line);
      if (costs.length !== candidates.length)
        throw malformed(file, `layer ${layer}`, `${candidates.length} numbers`);
      return candidates.map((candidate, i) => ({
        key: `${layer}/${candidate}`,
        op: candidate,
        shape: { layer },
        latency_s: toSi(numberOf(file, costs[i], `layer ${layer}, ${candidate}`), latencyUnit),
      }));
    });
    return [{ dialect: "table of words", units: { latency: latencyUnit }, details: {}, rows }];
  },
  write: (tables) => {
    const layers = groupBy(
      tables.flatMap(({ rows }) => rows).filter(isCell),
      ({ shape }) => shape.layer,
    );
    const [[, first = []] = []] = layers;
    const candidates = first.map(({ op }) => op).sort();
    const isWhole = (cells: readonly ForeignRow[]) =>
      cells
        .map(({ op }) => op)
        .sort()
        .join() === candidates.join();
    // Every layer has all candidates, or has no line.
    const fitting = fitted(fbnetTable, tables, (row) =>
      isCell(row) && isWhole(layers.get(row.shape.layer) ?? []) ? row : undefined,
    );
    const lines = [...groupBy(fitting, ({ shape }) => Number(shape.layer))]
      .sort(([a], [b]) => a - b)
      .map(([, cells]) => {
        const inOrder = [...cells].sort((a, b) => a.op.localeCompare(b.op));
        return inOrder.map(({ latency_s = 0 }) => fromSi(latency_s, "us")).join(" ");
      });
    return { content: `${[candidates.join(" "), ...lines].join("\n")}\n`, lost: [] };
  },
};

const isCell = ({ op, shape, latency_s }: ForeignRow): boolean =>
  isCandidate(op) && Number.isInteger(shape.layer) && latency_s !== undefined;
