import { readFileSync, writeFileSync } from "node:fs";
import { openDevice } from "../../../devices/index.ts";
import { measureModel } from "../../../profiler/index.ts";
import { UserError } from "../../errors.ts";
import { decodeModel } from "../../onnx/index.ts";
import { seededRandom } from "../../random.ts";
import { deviceSurroundings } from "./device-surroundings.ts";
import { textReport } from "./report-text.ts";
import { searchFile } from "./search-folder.ts";
import {
  readStepVerification,
  readTextSearch,
  type StepVerification,
} from "./text-search-folder.ts";
import type { WorkContext } from "./work-context.ts";
import { writeReport } from "./write-report.ts";

export interface TextVerifyRun {
  readonly context: WorkContext;
  readonly folder: string;
  readonly device: string;
  readonly runtime?: string | undefined;
  readonly threads: number;
  /** In all, s. */
  readonly patience?: number | undefined;
  readonly allowConditions?: boolean | undefined;
}

/** Runtimes that can be given the number of a word. */
const able = "ort-cpu";
const patience_s = 60;

/** Measures one step of a recurrent model on a device, adds the time to its folder, and draws the report anew. */
export async function verifyTextSearch(run: TextVerifyRun): Promise<StepVerification> {
  const { context, folder, threads, runtime = able } = run;
  const found = readTextSearch(folder);
  if (!found) throw new Error(`${folder} holds no recurrent cell`);
  if (runtime !== able)
    throw new UserError(`Recurrent cells are measured with the runtime ${able}, not ${runtime}`, {
      hint: `Leave --runtime out, or give --runtime ${able}.`,
      exit: "usage",
    });
  const { hiddenSize } = found.document.found;
  const device = await openDevice(run.device, {
    ...{ runtime, meter: "none", threads },
    ...deviceSurroundings(context),
  });
  try {
    const measured = await measureModel(
      {
        device,
        random: seededRandom(found.document.seed),
        patience_s: run.patience ?? patience_s,
        signal: context.signal,
        allowConditions: run.allowConditions,
        onProgress: (progress) => context.terminal.progress(progress),
      },
      {
        bytes: modelOf(folder),
        inputs: [
          { name: "x", shape: [1], dtype: "int32" },
          { name: "state", shape: [1, hiddenSize] },
        ],
      },
    );
    const { measuredAt, loads, samples, flags, latency_s, low_s, high_s } = measured;
    const attempt = (readStepVerification(folder)?.attempt ?? 0) + 1;
    const record: StepVerification = {
      ...{ measuredAt, attempt, device: run.device, runtime, threads, loads, samples },
      measured: { latency_s, low_s, high_s },
      flags: [...flags],
    };
    writeFileSync(searchFile(folder, "verification"), `${JSON.stringify(record, null, 2)}\n`);
    writeReport(searchFile(folder, "report"), textReport({ ...found, step: record }));
    return record;
  } finally {
    await device.close();
  }
}

/** network.onnx, whole. */
function modelOf(folder: string): Uint8Array {
  const path = searchFile(folder, "model");
  try {
    const bytes = readFileSync(path);
    decodeModel(bytes);
    return bytes;
  } catch (cause) {
    throw new UserError(`${path} is no whole ONNX model`, {
      hint: "Give the --out folder of a finished search, or run the search again.",
      exit: "usage",
      cause,
    });
  }
}
