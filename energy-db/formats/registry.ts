import { UserError, unknownName } from "../../src/errors.ts";
import { apq } from "./apq.ts";
import { benchncnn } from "./benchncnn.ts";
import { deviceColumns } from "./device-columns.ts";
import { fbnetLut } from "./fbnet-lut.ts";
import { fbnetTable } from "./fbnet-table.ts";
import type { SourceFile, TableFormat } from "./foreign-table.ts";
import { haq } from "./haq.ts";
import { haqNpy } from "./haq-npy.ts";
import { harmonicNas } from "./harmonic-nas.ts";
import { mlperfTiny } from "./mlperf-tiny.ts";
import { mnn } from "./mnn.ts";
import { nasBenchPickle } from "./nas-bench-pickle.ts";
import { ncnnList } from "./ncnn-list.ts";
import { netadapt } from "./netadapt.ts";
import { nnMeter } from "./nn-meter.ts";
import { nnMeterDataset } from "./nn-meter-dataset.ts";
import { nniFbnet } from "./nni-fbnet.ts";
import { nsganetv2 } from "./nsganetv2.ts";
import { ofa } from "./ofa.ts";
import { ownCsv } from "./own-csv.ts";
import { ownJson } from "./own-json.ts";
import { paddleLite } from "./paddle-lite.ts";
import { paddleslim } from "./paddleslim.ts";
import { parquet } from "./parquet.ts";
import { proxylessnas } from "./proxylessnas.ts";
import { singlePathNas } from "./single-path-nas.ts";
import { tfNas } from "./tf-nas.ts";
import { tfliteLog } from "./tflite-log.ts";

/** One line per format; of two that recognise a file the first reads it. */
export const tableFormats: readonly TableFormat[] = [
  ownJson,
  ownCsv,
  parquet,
  ofa,
  proxylessnas,
  nsganetv2,
  deviceColumns,
  benchncnn,
  ncnnList,
  haq,
  haqNpy,
  apq,
  mlperfTiny,
  tfNas,
  netadapt,
  nasBenchPickle,
  harmonicNas,
  singlePathNas,
  nnMeter,
  nnMeterDataset,
  nniFbnet,
  fbnetLut,
  fbnetTable,
  paddleLite,
  paddleslim,
  mnn,
  tfliteLog,
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
