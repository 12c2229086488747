/** What TensorFlow Lite's benchmark_model prints, old (without "INFO:") and new, TensorFlow's and LiteRT's. */

/** The timed runs, warm-up left out. */
export interface TimedRuns {
  readonly runs: number;
  readonly total_s: number;
}

/**
 * The last line of statistics is that of the timed runs: `count=50 first=32891 curr=33978 min=32641 max=34005 avg=33209.4 std=450`,
 * in µs, with percentiles in newer programs; `count=1 curr=147` and `count=9 curr=4(all same)` where there is nothing
 * more to say. The one before is the warm-up's, and op profiling adds some of its own, which say "Timings" or "Memory" first.
 */
export function readTimedRuns(text: string): TimedRuns | undefined {
  const [last] = [...text.matchAll(/^(?:INFO: )?count=(\d+) (?:.*)$/gm)].slice(-1);
  if (!last) return undefined;
  const runs = Number(last[1]);
  const mean_us = Number(
    (/ avg=([\d.e+-]+)/.exec(last[0]) ?? / curr=([\d.e+-]+)/.exec(last[0]))?.[1],
  );
  return runs > 0 && mean_us >= 0 ? { runs, total_s: (runs * mean_us) / 1e6 } : undefined;
}

/** Which part of a network its delegate took; the rest runs on the CPU. */
export interface Delegation {
  readonly part: "all" | "some" | "none";
  /** "49 of 49 nodes", or the program's own words where it counts none. */
  readonly detail: string;
}

/** What delegates are called: in the program's own sentences, and as the kernel that nodes are replaced by. */
export type DelegateName = "XNNPACK" | "GPU" | "NNAPI";
const delegateKernels: Readonly<Record<DelegateName, string>> = {
  XNNPACK: "TfLiteXNNPackDelegate",
  GPU: "TfLiteGpuDelegate(?:V2)?",
  NNAPI: "TfLiteNnapiDelegate",
};

/**
 * How much of a network the delegate that was asked for took. The program's verdict counts before the number of nodes
 * replaced: NNAPI replaces nodes also where its own CPU runs them, and only the verdict says that it was let go again.
 */
export function readDelegation(text: string, delegate: DelegateName): Delegation {
  const replaced = new RegExp(
    `Replacing (\\d+)(?: out of (\\d+))? node\\(s\\) with delegate \\(${delegateKernels[delegate]}\\)`,
  ).exec(text);
  const [, taken, total] = replaced ?? [];
  const counted = taken === undefined ? undefined : `${taken} of ${total ?? "its"} nodes`;
  const verdict = new RegExp(
    `(?:Explicitly applied ${delegate} delegate, and the model graph will be (completely|partially) executed|` +
      `(Though ${delegate} delegate is explicitly applied, the model graph will not be executed by the delegate))`,
  ).exec(text);
  if (verdict?.[2] !== undefined) return { part: "none", detail: verdict[2] };
  if (verdict) {
    const part = verdict[1] === "completely" ? "all" : "some";
    return { part, detail: counted ?? `${verdict[1]} executed` };
  }
  if (counted === undefined) return { part: "none", detail: `no word of the ${delegate} delegate` };
  return { part: taken === total ? "all" : "some", detail: counted };
}

/** One row of the operator profile. */
export interface ProfiledOperator {
  /** "CONV_2D", or the delegate's own name of it: "Convolution (NHWC, F32) IGEMM". */
  readonly type: string;
  /** "[tensor]:0" of an operator, "Delegate/TYPE:0" of a delegate's. */
  readonly name: string;
  /** Mean of one call, s. */
  readonly time_s: number;
  readonly callsPerRun: number;
}

/** Separated by commas or tabs; types hold commas themselves, so that a row is read from its numbers outwards. */
const number = "\\s*([\\d.]+)\\s*";
const share = "\\s*[\\d.]+%\\s*";
const row = new RegExp(
  `^\\s*(.+?)\\s*[,\\t](?:${number}[,\\t])?${number}[,\\t]${number}[,\\t]${share}[,\\t]${share}[,\\t]${number}[,\\t]\\s*(\\d+)\\s*[,\\t]\\s*(.+?)\\s*$`,
);
/** Work of the program itself around the network's operators. */
const around = /^(AllocateTensors|ModifyGraphWithDelegate|LiteRT::)/;

/**
 * Operators in the order they ran, from the CSV file or from the table on standard output: the last list before one sorted
 * by time, as profiles of the start come first. Empty where there is none.
 */
export function readOperatorProfile(text: string): readonly ProfiledOperator[] {
  const last = listsOf(text.split("\n")).findLast(({ title }) => !/Top by/.test(title));
  return (last?.rows ?? []).flatMap((line) => {
    const operator = operatorOf(line);
    return operator && !around.test(operator.type) ? [operator] : [];
  });
}

interface OperatorList {
  /** The last one before it. */
  readonly title: string;
  readonly rows: readonly string[];
}

function listsOf(lines: readonly string[]): readonly OperatorList[] {
  const heads = lines.flatMap((line, i) =>
    /node type.*times called.*name/i.test(line) ? [i] : [],
  );
  return heads.map((head) => {
    const title = lines.slice(0, head).findLast((line) => /={5,} .* ={5,}/.test(line)) ?? "";
    const end = lines.findIndex((line, i) => i > head && line.trim() === "");
    return { title, rows: lines.slice(head + 1, end < 0 ? lines.length : end) };
  });
}

function operatorOf(line: string): ProfiledOperator | undefined {
  const found = row.exec(line);
  if (!found) return undefined;
  const [, type = "", , , mean_ms, , calls, name = ""] = found;
  return { type, name, time_s: Number(mean_ms) / 1e3, callsPerRun: Number(calls) };
}
