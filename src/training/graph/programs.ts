import type { Engine, Program, TensorValue } from "../../tensor/index.ts";
import type { GcnProgram } from "./gcn.ts";

/** Programs of one graph, compiled when first run. Close with `release`. */
export class GraphPrograms {
  readonly #engine: Engine;
  readonly #known = new Map<
    string,
    Promise<{ readonly program: Program; readonly reads: string[] }>
  >();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Runs the program of this key on those of `values` that it reads; `make` is called for the first of its kind. */
  async run(
    key: string,
    make: () => GcnProgram,
    values: Readonly<Record<string, TensorValue>>,
  ): Promise<Record<string, TensorValue>> {
    // The pseudo-label term changes what a program reads.
    const whole = "weight" in values ? `${key}-weighted` : key;
    const known = this.#known.get(whole) ?? this.#compile(whole, make());
    this.#known.set(whole, known);
    const { program, reads } = await known;
    const read = reads.flatMap((name) => (values[name] ? [[name, values[name]] as const] : []));
    return await program.run(Object.fromEntries(read));
  }

  async release(): Promise<void> {
    for (const known of this.#known.values()) await (await known).program.release();
    this.#known.clear();
  }

  async #compile(key: string, { fn, inputs }: GcnProgram) {
    const program = await this.#engine.compile(`gcn-${key}`, fn, inputs);
    return { program, reads: Object.keys(inputs) };
  }
}
