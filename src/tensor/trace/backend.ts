import { UserError } from "../../errors.ts";
import { prepareTfjs, tf } from "../tfjs.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import { kernelRules } from "./kernels/rules.ts";
import type { KernelRule } from "./rule.ts";
import type { Traced, TracedType } from "./traced.ts";

/** What the backend below is called in tfjs. */
export const tracingBackendName = "onnx-trace";

/** A value written by the program, or traced by it. Only the former outlives its trace. */
type Stored =
  | {
      readonly constant: ArrayLike<number>;
      readonly type: TracedType;
      readonly shape: readonly number[];
    }
  | { readonly traced: Traced; readonly builder: GraphBuilder };

/**
 * A tfjs backend whose kernels do not compute but append to a graph. Gradient functions of tfjs call
 * kernels too, so that forward pass, backward pass and update are recorded alike.
 */
class TracingBackend extends tf.KernelBackend {
  readonly #stored: tf.DataStorage<Stored>;
  /** Constants of the current graph by what the program wrote. */
  #constants = new Map<Stored, Traced>();
  #builder: GraphBuilder | undefined;

  constructor() {
    super();
    this.#stored = new tf.DataStorage(this, tf.engine());
  }

  /** Runs `record` with its kernel calls going to `builder`. */
  record<T>(builder: GraphBuilder, record: () => T): T {
    if (this.#builder) throw new Error("A tensor function must not compile another one");
    this.#builder = builder;
    this.#constants = new Map();
    try {
      return record();
    } finally {
      this.#builder = undefined;
    }
  }

  /** A tensor of the program for a traced one. */
  track(traced: Traced): tf.TensorInfo {
    const dataId = {};
    this.#stored.set(dataId, { traced, builder: this.builder });
    return { dataId, shape: [...traced.shape], dtype: traced.type };
  }

  /** The traced tensor behind one of the program's, with the shape it has there. */
  traced({ dataId, shape }: tf.TensorInfo): Traced {
    const stored = this.#stored.get(dataId);
    if ("constant" in stored) return this.builder.reshape(this.#constantOf(stored), shape);
    if (stored.builder !== this.builder)
      throw new Error("A tensor of another compilation was used: capture nothing across functions");
    return this.builder.reshape(stored.traced, shape);
  }

  get builder(): GraphBuilder {
    if (!this.#builder) throw new Error("The tracing backend is only for the inside of compile()");
    return this.#builder;
  }

  override write(
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): void {
    refuseRandom();
    if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
      throw new Error(`Constants of type ${dtype} cannot be compiled`);
    // Of these types the values are numbers; tfjs's own type also covers strings.
    const constant = values as unknown as ArrayLike<number>;
    this.#stored.set(dataId, { constant, type: dtype, shape });
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const stored = this.#stored.get(dataId);
    if ("constant" in stored) return Float32Array.from(stored.constant);
    throw new Error("Values cannot be read while compiling: the function must not look at them");
  }

  override read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override numDataIds(): number {
    return this.#stored.numDataIds();
  }

  /** Nothing is freed: a disposed tensor is still a value of the graph. */
  override disposeData(): boolean {
    return true;
  }

  override incRef(): void {}

  override refCount(): number {
    return 1;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  #constantOf(stored: Extract<Stored, { constant: unknown }>): Traced {
    const known = this.#constants.get(stored);
    if (known) return known;
    const { constant, type, shape } = stored;
    const traced = constantTraced(constant, shape, type);
    this.#constants.set(stored, traced);
    return traced;
  }
}

/** Operations of tfjs that draw numbers on the host: traced, every run would see the same ones. */
const randomOperations = [
  "rand",
  "randomGamma",
  "randomNormal",
  "randomStandardNormal",
  "randomUniform",
  "randomUniformInt",
  "truncatedNormal",
];

/** tfjs opens a scope of an operation's name around it: the only trace that its numbers are random ones. */
function refuseRandom(): void {
  const scope = tf.engine().state.activeScope?.name;
  const operation = randomOperations.find((name) => scope === `${name}__op`);
  if (!operation) return;
  throw new UserError(
    `The operation ${operation} cannot be compiled: its numbers would be the same in every run`,
    { hint: "Draw the numbers outside and pass them as an input of the function." },
  );
}

/** A constant; one value throughout is stored once. */
function constantTraced(
  constant: ArrayLike<number>,
  shape: readonly number[],
  type: TracedType,
): Traced {
  const first = constant[0];
  if (first === undefined || shape.length === 0 || !isUniform(constant))
    return { shape, type, names: new Map(), constant };
  const base: Traced = { shape: [], type, names: new Map(), constant: [first] };
  return { shape, type, names: new Map(), base };
}

/** A plain loop: tfjs writes ones as large as activations, and callbacks on them took most of the trace. */
function isUniform(values: ArrayLike<number>): boolean {
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}

let instance: TracingBackend | undefined;

/** The backend, registered with tfjs at first use together with a rule for every kernel that tfjs knows. */
export function tracingBackend(): TracingBackend {
  if (instance) return instance;
  prepareTfjs();
  const backend = new TracingBackend();
  instance = backend;
  tf.registerBackend(tracingBackendName, () => backend, 0);
  const known = tf.getKernelsForBackend("cpu").map(({ kernelName }) => kernelName);
  for (const kernelName of new Set([...known, ...Object.keys(kernelRules)])) {
    const rule = kernelRules[kernelName] ?? missingRule;
    tf.registerKernel({
      kernelName,
      backendName: tracingBackendName,
      kernelFunc: ({ inputs, attrs }) => callRule(backend, kernelName, rule, { inputs, attrs }),
    });
  }
  return backend;
}

function callRule(
  backend: TracingBackend,
  kernel: string,
  rule: KernelRule,
  call: { inputs: tf.NamedTensorInfoMap; attrs: tf.NamedAttrMap | undefined },
): tf.TensorInfo | tf.TensorInfo[] {
  const inputs = Object.entries(call.inputs ?? {}).flatMap(([name, info]) =>
    info ? [[name, backend.traced(info)] as const] : [],
  );
  const made = rule({
    kernel,
    builder: backend.builder,
    inputs: Object.fromEntries(inputs),
    attrs: call.attrs ?? {},
  });
  return isList(made) ? made.map((traced) => backend.track(traced)) : backend.track(made);
}

const isList = (made: Traced | readonly Traced[]): made is readonly Traced[] => Array.isArray(made);

const missingRule: KernelRule = ({ kernel, inputs }) => {
  const shapes = Object.entries(inputs).map(
    ([name, { shape, type }]) => `${name} ${type}[${shape.join(", ")}]`,
  );
  throw new UserError(`The operation ${kernel} (${shapes.join("; ")}) cannot be compiled to ONNX`, {
    hint: `Add a rule for ${kernel} to a table in src/tensor/trace/kernels/, or run on an eager backend: --backend tfjs-cpu`,
  });
};
