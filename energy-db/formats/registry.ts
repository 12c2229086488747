import { UserError, unknownName } from "../../src/errors.ts";
import { apq } from "./apq.ts";
import { benchncnn } from "./benchncnn.ts";
import { deviceColumns } from "./device-columns.ts";
import type { SourceFile, TableFormat } from "./foreign-table.ts";
import { haq } from "./haq.ts";
import { mlperfTiny } from "./mlperf-tiny.ts";
import { ncnnList } from "./ncnn-list.ts";
import { nsganetv2 } from "./nsganetv2.ts";
import { ofa } from "./ofa.ts";
import { ownJson } from "./own-json.ts";
import { proxylessnas } from "./proxylessnas.ts";

/** One line per format; of two that recognise a file the first reads it. */
export const tableFormats: readonly TableFormat[] = [
  ownJson,
  ofa,
  proxylessnas,
  nsganetv2,
  deviceColumns,
  benchncnn,
  ncnnList,
  haq,
  apq,
  mlperfTiny,
];

/** The format called so, else the first that recognises the file. Throws a UserError that lists the known ones. */
export function formatOf(file: SourceFile, id?: string): TableFormat {
  if (id !== undefined) return findFormat(id);
  const found = tableFormats.find((format) => format.recognises(file));
  if (found) return found;
  throw new UserError(`${file.name} is of no format that is known`, {
    hint: `Say which: --format ${tableFormats.map((format) => format.id).join(", ")}. docs/tables.md describes them.`,
    exit: "usage",
  });
}

export function findFormat(id: string): TableFormat {
  const found = tableFormats.find((format) => format.id === id);
  if (!found)
    throw unknownName(
      "format",
      id,
      tableFormats.map((format) => format.id),
    );
  return found;
}
