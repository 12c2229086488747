/** Number format of weights and activations. */
export type Precision = "float32" | "float16" | "int8";

/** What decides whether two measurements on a device are comparable. */
export interface DeviceIdentity {
  readonly device: string;
  /** Marketing name. */
  readonly processor: string;
  /** Tells two machines of one kind apart: a hash of the machine's id and its processor; "unknown" without an id. */
  readonly fingerprint: string;
  /** Name, release and architecture. */
  readonly os: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
  /** Hash of the runtime's binaries, or "unknown". */
  readonly runtimeBuild: string;
  readonly precision: Precision;
  readonly threads: number;
  readonly powerMode: string;
}
