import { forkModule } from "../../../devices/index.ts";
import { UserError } from "../../errors.ts";
import type { ImportedModel } from "../../network/import/index.ts";
import { errorOf, type Failure } from "../workers/failure.ts";

/** A model as it was sent; `source` names it in errors. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly source: string;
}

export type ModelReply = { readonly model: ImportedModel } | { readonly failure: Failure };

export interface ModelLimits {
  /** A model that takes longer to read is refused, s. */
  readonly patience_s: number;
  /** Of a reading process, beside the file itself, MiB. */
  readonly memory_mb: number;
  /** Models read at once. */
  readonly processes: number;
  /** Models that may be sent or wait while others are read: more are refused at once. */
  readonly waiting: number;
}

const defaultLimits: ModelLimits = { patience_s: 20, memory_mb: 512, processes: 2, waiting: 4 };

/** As many models as memory allows are in hand: ask again. */
export class TooBusy extends UserError {}

/**
 * Reads models of strangers, each in a process of its own that is killed when it takes too long or too much memory: the service goes on
 * answering, whatever is sent to it.
 */
export class ModelReader {
  readonly #limits: ModelLimits;
  readonly #waiting: (() => void)[] = [];
  #reading = 0;
  #admitted = 0;

  constructor(limits: Partial<ModelLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Has the work of taking in a model and answering about it done. Throws a TooBusy where too many others are in hand. */
  async admitted<T>(work: () => Promise<T>): Promise<T> {
    const { processes, waiting } = this.#limits;
    if (this.#admitted >= processes + waiting)
      throw new TooBusy(`${this.#admitted} other models are being read`, {
        hint: "Send it again in a few seconds.",
        exit: "unavailable",
      });
    this.#admitted++;
    try {
      return await work();
    } finally {
      this.#admitted--;
    }
  }

  /** Throws a UserError for what is no readable model, and for one that takes too long or too much memory to read. */
  async read(file: ModelFile): Promise<ImportedModel> {
    if (this.#reading >= this.#limits.processes)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#reading++;
    try {
      return await readInProcess(file, this.#limits);
    } finally {
      this.#reading--;
      this.#waiting.shift()?.();
    }
  }
}

function readInProcess(
  file: ModelFile,
  { patience_s, memory_mb }: ModelLimits,
): Promise<ImportedModel> {
  const process = forkModule({
    beside: import.meta.url,
    name: "model-process",
    memory_mb,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  return new Promise((resolve, reject) => {
    let isTooSlow = false;
    const impatient = setTimeout(() => {
      isTooSlow = true;
      process.kill("SIGKILL");
    }, patience_s * 1e3);
    process.once("message", (reply) => {
      const told = reply as ModelReply;
      if ("model" in told) resolve(told.model);
      else reject(errorOf(told.failure));
    });
    // A process that is gone cannot be sent to; that it is gone, "exit" tells.
    process.on("error", () => undefined);
    process.once("exit", (code) => {
      clearTimeout(impatient);
      // What runs out of memory is aborted by a signal; a process that ended by itself and said nothing is a bug.
      if (code !== null) reject(new Error(`A process that reads models ended with code ${code}`));
      const most = isTooSlow ? `${patience_s} s` : `${memory_mb} MiB of memory`;
      reject(refused(file.source, `more than ${most}`));
    });
    process.send(file);
  });
}

const refused = (source: string, what: string): UserError =>
  new UserError(`Reading ${source} took ${what}`, {
    hint: "Send one classifier without its weights' values, or estimate it on the command line: wattsplit estimate MODEL.onnx.",
    exit: "usage",
  });
