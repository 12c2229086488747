import type { LayerTimes } from "../runtime.ts";
import type { SessionSource } from "./ort-session.ts";

/** What the measuring process does; a load's or profile's request id is the handle of what it opens. */
export type HostCall =
  | { readonly kind: "load"; readonly source: SessionSource }
  | ({ readonly kind: "run" } & RunCall)
  | { readonly kind: "profile"; readonly handle: number }
  | ({ readonly kind: "run-profiled" } & RunCall)
  | { readonly kind: "finish"; readonly handle: number }
  | { readonly kind: "close"; readonly handle: number };

interface RunCall {
  readonly handle: number;
  readonly runs: number;
  readonly batches: number;
}

export interface HostRequest {
  readonly id: number;
  readonly call: HostCall;
}

export interface HostAnswer {
  readonly id: number;
  /** Seconds of every batch of a run, layer times of a finish, nothing else. */
  readonly result?: readonly number[] | LayerTimes | undefined;
  readonly error?: string;
}
