import type { MeterRecord, RawWindow } from "../../devices/index.ts";
import type { LoadName, LoggedWindow, MeterLog } from "../../energy-db/index.ts";

/** What is kept of a stretch of metering: `nameOf` tells the load that a model of the script was. */
export const meterLogOf = (
  { windows, samples }: MeterRecord,
  nameOf: (model: string) => LoadName | undefined,
): Pick<MeterLog, "windows" | "readings"> => ({
  windows: windows.map((window): LoggedWindow => {
    const { kind, model, start_s, end_s, batchRuns } = window;
    const load = kind !== "load" || model === undefined ? undefined : nameOf(model);
    return {
      kind,
      start_s,
      end_s,
      inferences: batchRuns.reduce((sum, runs) => sum + runs, 0),
      ...(load ? { load } : {}),
    };
  }),
  readings: samples,
});

/** One load's name as that of a model. */
export const modelNameOf = ({ key, role, batch, load, attempt }: LoadName): string =>
  [key, role, batch, load, attempt].join(" ");

/** The same stretch as the device told it, with each load a model: so energies are made of it again. */
export function meterRecordOf(
  { windows }: Pick<MeterLog, "windows">,
  samples: MeterRecord["samples"],
): MeterRecord {
  return {
    kind: "meter",
    samples,
    windows: windows.map(
      ({ kind, start_s, end_s, inferences, load }): RawWindow => ({
        kind,
        start_s,
        end_s,
        ...(load ? { model: modelNameOf(load) } : {}),
        batchEnd_s: Float64Array.from(inferences > 0 ? [end_s] : []),
        batchRuns: Uint32Array.from(inferences > 0 ? [inferences] : []),
      }),
    ),
  };
}
