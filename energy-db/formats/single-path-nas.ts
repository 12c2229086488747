import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { isObject, jsonOf, malformed, numberOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

/** Single-Path NAS's ms of numbered choices by numbered layers: `{"20": {"1": 4.92, "0": 2.44}}`. */
export const singlePathNas: TableFormat = {
  id: "single-path-nas",
  title: "Single-Path NAS layer choices",
  cannotHold: "energy, device, units, spread, counts, shapes",
  recognises: (file) => {
    const document = jsonOf(file);
    if (!isObject(document)) return false;
    const [[layer = "", choices] = []] = Object.entries(document);
    const [[choice = "", cost] = []] = isObject(choices) ? Object.entries(choices) : [];
    return isNumber(layer) && isNumber(choice) && typeof cost === "number";
  },
  read: (file, { latencyUnit = "ms" } = {}) => {
    const document = jsonOf(file);
    if (!isObject(document)) throw malformed(file, "the document", "choices by layers");
    const rows = Object.entries(document).flatMap(([layer, choices]) => {
      if (!isObject(choices)) throw malformed(file, `layer ${layer}`, "latencies by choice");
      return Object.entries(choices).map(([choice, cost]) => ({
        key: `${layer}/${choice}`,
        op: "choice",
        shape: { layer, choice },
        latency_s: toSi(numberOf(file, cost, `layer ${layer}, choice ${choice}`), latencyUnit),
      }));
    });
    return [{ dialect: "JSON", units: { latency: latencyUnit }, details: {}, rows }];
  },
  write: (tables) => {
    const fitting = fitted(singlePathNas, tables, (row) => (isChoice(row) ? row : undefined));
    const document: Record<string, Record<string, number>> = {};
    for (const { shape, latency_s = 0 } of fitting) {
      const layer = String(shape.layer);
      document[layer] = { ...document[layer], [String(shape.choice)]: fromSi(latency_s, "ms") };
    }
    return { content: `${JSON.stringify(document)}\n`, lost: [] };
  },
};

const isNumber = (text: string): boolean => /^\d+$/.test(text);

const isChoice = ({ op, shape, latency_s }: ForeignRow): boolean =>
  op === "choice" && "layer" in shape && "choice" in shape && latency_s !== undefined;
