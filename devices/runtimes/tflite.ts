import { randomWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { seededRandom } from "../../src/random.ts";
import { readOperators } from "../../src/tflite/index.ts";
import type { Precision } from "../identity.ts";
import type { Availability } from "../meter.ts";
import type { LoadedModel, ProfiledModel, Runtime } from "../runtime.ts";
import type { ScriptModel } from "../script.ts";
import { modelOfKind } from "../script-model.ts";
import type { Surroundings } from "../surroundings.ts";
import {
  type DelegateName,
  type Delegation,
  readDelegation,
  readOperatorProfile,
  readTimedRuns,
} from "./benchmark-model.ts";
import { type LayerTimes, layerTimes } from "./operator-layers.ts";
import {
  lastLine,
  probed,
  type Runner,
  requireAlive,
  runnerOn,
  runTimeout_s,
  shortestProgramBatch_s,
} from "./runner.ts";

const program = "benchmark_model";
const remedy =
  "Get TensorFlow Lite's benchmark_model for the device, make it executable there, and give --runner PATH";

/** A clock that was asleep takes about so long to be fast again, s. */
const warmUp_s = 0.1;

interface Delegate {
  readonly name: DelegateName;
  readonly precisions: readonly Precision[];
  readonly flags: (precision: Precision) => readonly string[];
}

/** Who computes, by the runtime's name. */
export const delegates = {
  tflite: {
    name: "XNNPACK",
    precisions: ["float32", "int8"],
    flags: () => ["--use_xnnpack=true"],
  },
  // Its usual precision: sums in float16 unless that is forbidden.
  "tflite-gpu": {
    name: "GPU",
    precisions: ["float16", "float32", "int8"],
    flags: (precision) => [
      "--use_gpu=true",
      `--gpu_precision_loss_allowed=${precision === "float16"}`,
    ],
  },
  // NNAPI's own stand-in on the CPU would look like an accelerator.
  "tflite-nnapi": {
    name: "NNAPI",
    precisions: ["float32", "int8"],
    flags: () => ["--use_nnapi=true", "--disable_nnapi_cpu=true"],
  },
} as const satisfies Readonly<Record<string, Delegate>>;

/**
 * TensorFlow Lite through its own benchmark_model, started for every batch, which warms up by itself. The delegate that
 * computes is part of the version, as far as a small network of every layer kind shows: benchmark_model goes on without a
 * word when a delegate refuses a network, and what is measured then is the CPU.
 */
export const tfliteRuntime =
  (id: keyof typeof delegates) =>
  (surroundings: Pick<Surroundings, "transport" | "settings" | "folder">): Runtime => {
    const delegate: Delegate = delegates[id];
    const benchmark = new Program(surroundings, delegate);
    let usual: Delegation | undefined;
    return {
      id,
      get version() {
        return usual ? versionOf(delegate.name, usual) : "unknown";
      },
      get fallback() {
        return usual && fallbackOf(delegate.name, usual);
      },
      modelFormat: "tflite",
      precisions: delegate.precisions,
      shortestBatch_s: shortestProgramBatch_s,
      freshBatches: true,
      build: benchmark.runner.build,
      probe: () =>
        probed(async () => {
          const found = await benchmark.tryOut();
          if ("ok" in found) return found;
          usual = found;
          const delegated = `${delegate.name} delegate: ${found.detail}`;
          return { ok: true, note: `${await benchmark.runner.path()}, ${delegated}` };
        }, remedy),
      load: (model, { threads }) => benchmark.load(model, threads, usual),
      profile: (model, { threads }) => benchmark.profile(model, threads),
    };
  };

const versionOf = (name: DelegateName, { part }: Delegation): string =>
  ({
    all: `${name} delegate`,
    some: `${name} delegate in part`,
    none: `CPU without ${name} delegate`,
  })[part];

const fallbackOf = (name: DelegateName, { part, detail }: Delegation): string | undefined =>
  part === "all" ? undefined : `the CPU ran what the ${name} delegate did not take (${detail})`;

/** What a run printed, understood. */
interface Printed {
  readonly total_s: number;
  readonly delegation: Delegation;
  readonly text: string;
}

class Program {
  readonly runner: Runner;
  readonly #surroundings: Pick<Surroundings, "transport" | "settings" | "folder">;
  readonly #delegate: Delegate;

  constructor(
    surroundings: Pick<Surroundings, "transport" | "settings" | "folder">,
    delegate: Delegate,
  ) {
    this.#surroundings = surroundings;
    this.#delegate = delegate;
    this.runner = runnerOn(surroundings, { program, remedy });
  }

  /** Runs the trial network once, in the precision that is asked for: accelerators may take one and refuse another. */
  async tryOut(): Promise<Delegation | Availability> {
    const { precisions } = this.#delegate;
    const asked = precisions.find((known) => known === this.#surroundings.settings.precision);
    const precision = asked ?? precisions[0] ?? "float32";
    const path = await this.runner.copyModel(await trialModel(precision));
    try {
      const { code, stdout, stderr } = await this.#start(path, { runs: 1, threads: 1, precision });
      const text = `${stdout}\n${stderr}`;
      if (code === 0 && readTimedRuns(text)) return readDelegation(text, this.#delegate.name);
      return {
        ok: false,
        reason: `the runner does not run: ${lastLine(stderr || stdout)}`,
        remedy,
      };
    } finally {
      await this.runner.remove(path);
    }
  }

  async load(
    { bytes, precision = "float32" }: ScriptModel,
    threads: number,
    usual: Delegation | undefined,
  ): Promise<LoadedModel> {
    const path = await this.runner.copyModel(bytes);
    let unusual: Delegation | undefined;
    const { name } = this.#delegate;
    return {
      run: async (runs) => {
        const { total_s, delegation } = await this.#run(path, { runs, threads, precision });
        if (delegation.part !== usual?.part) unusual = delegation;
        return total_s;
      },
      get fallback() {
        return unusual && (fallbackOf(name, unusual) ?? `the ${name} delegate took it whole`);
      },
      close: () => this.runner.remove(path),
    };
  }

  /** Node times are those of layers that the profile tells apart; of a network in which it does not, there are none. */
  async profile(
    { bytes, layers, precision = "float32" }: ScriptModel,
    threads: number,
  ): Promise<ProfiledModel> {
    const path = await this.runner.copyModel(bytes);
    const operators = readOperators(bytes);
    const found: (LayerTimes | undefined)[] = [];
    return {
      run: async (runs) => {
        const csv = `${this.#surroundings.folder}/operators.csv`;
        const { total_s, text } = await this.#run(path, { runs, threads, precision, csv });
        found.push(layerTimes(readOperatorProfile(text), operators, layers));
        return total_s;
      },
      finish: async () => {
        await this.runner.remove(path);
        const told = found.every((times) => times !== undefined) ? found : [];
        return {
          layers,
          nodes: told[0]?.nodes ?? layers.map(() => 0),
          batches: found.map((_, i) => told[i]?.times_s ?? new Float64Array(layers.length)),
          emptyNode_s: [],
        };
      },
    };
  }

  async #run(path: string, options: RunOptions): Promise<Printed> {
    const ran = await this.#start(path, options);
    requireAlive(program, ran);
    const { code, stdout, stderr } = ran;
    const text = `${stdout}\n${stderr}`;
    const timed = readTimedRuns(text);
    if (code !== 0 || timed?.runs !== options.runs)
      throw new Error(`${program} did not run: ${text.trim().slice(-300)}`);
    return { ...timed, text, delegation: readDelegation(text, this.#delegate.name) };
  }

  async #start(path: string, { runs, threads, precision, csv }: RunOptions) {
    const argv = [
      await this.runner.path(),
      `--graph=${path}`,
      `--num_threads=${threads}`,
      "--warmup_runs=1",
      `--warmup_min_secs=${warmUp_s}`,
      `--num_runs=${runs}`,
      "--min_secs=0",
      `--max_secs=${runTimeout_s}`,
      ...this.#delegate.flags(precision),
      ...(csv === undefined ? [] : profilingFlags(csv)),
    ];
    // The list of operators follows on standard output, in one command.
    const withList = csv === undefined ? argv : ["sh", "-c", thenPrint, csv, ...argv];
    return this.#surroundings.transport.exec(withList, { timeout_s: 2 * runTimeout_s });
  }
}

interface RunOptions {
  readonly runs: number;
  readonly threads: number;
  readonly precision: Precision;
  /** Where the operators' times are written, when they are wanted. */
  readonly csv?: string;
}

/** A full disk cuts the list off, and the program says nothing; writing there says it, as ENOSPC. */
const thenPrint =
  '"$@" && { echo; cat "$0" 2>/dev/null; head -c 65536 /dev/zero > "$0"; code=$?; rm -f "$0"; exit $code; }';

/** New programs know the first three, older ones the last; each ignores what it does not know. */
const profilingFlags = (csv: string): readonly string[] => [
  "--enable_op_profiling=true",
  "--op_profiling_output_mode=csv",
  `--op_profiling_output_file=${csv}`,
  `--profiling_output_csv_file=${csv}`,
];

/** One layer of every kind, so that a delegate which lacks one shows it. */
const trialNetwork: Network = {
  name: "trial",
  input: { height: 12, width: 12, channels: 3 },
  layers: [
    convolution("conv1", { kind: "conv2d", width: 8 }),
    convolution("depthwise", { kind: "depthwise_conv2d" }),
    convolution("conv2", { kind: "conv2d", width: 8 }),
    { kind: "add", name: "add", inputs: ["conv1", "conv2"], activation: "relu" },
    { kind: "pool", name: "pool", mode: "max", size: 2, stride: 2, padding: "valid" },
    { kind: "global_pool", name: "mean" },
    { kind: "dense", name: "logits", width: 10, bias: true, activation: "linear" },
  ],
};

function convolution<K extends object>(name: string, kind: K) {
  const window = { kernelSize: 3, stride: 1, padding: "same" } as const;
  return { ...kind, name, ...window, bias: true, batchNorm: false, activation: "relu" } as const;
}

async function trialModel(precision: Precision): Promise<Uint8Array> {
  const weights = randomWeights(trialNetwork, seededRandom(1));
  const kind = { format: "tflite", precision } as const;
  return (await modelOfKind(kind, trialNetwork.name, trialNetwork, weights, 1)).bytes;
}
