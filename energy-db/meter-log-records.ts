import type { NetworkRole } from "./records.ts";

/** One stretch of metering in a session, raw. */
export interface MeterLog {
  readonly id: number;
  /** In the order taken. */
  readonly windows: readonly LoggedWindow[];
  /** Of every rail that was read; none where an instrument beside the device recorded. */
  readonly readings: readonly MeterReading[];
  /** Which trace energies were made from, where one was laid over the windows. */
  readonly trace?: LoggedTrace;
}

/** What the device did in a stretch of time: "burst" and "rest" mark where windows are, in a trace. Device clock. */
export interface LoggedWindow {
  readonly kind: "idle" | "load" | "burst" | "rest";
  readonly start_s: number;
  readonly end_s: number;
  readonly inferences: number;
  /** Which load of the session ran; absent but for windows of the kind "load". */
  readonly load?: LoadName;
}

/** What names a load in its session. */
export interface LoadName {
  /** The network's. */
  readonly key: string;
  readonly role: NetworkRole;
  readonly batch: number;
  readonly load: number;
  readonly attempt: number;
}

/** One reading of one rail; which values are there follows from the rail's kind. */
export interface MeterReading {
  readonly rail: string;
  readonly time_s: number;
  readonly energy_j?: number;
  readonly charge_c?: number;
  readonly power_w?: number;
  readonly current_a?: number;
  readonly voltage_v?: number;
}

/** A trace and how its clock was found to run against the device's. */
export interface LoggedTrace {
  readonly file: string;
  readonly sha256: string;
  /** Time of the trace less that of the device, at the begin of the stretch, s. */
  readonly offset_s: number;
  /** How much faster the trace's clock runs, as a fraction. */
  readonly drift: number;
  /** Share of the power's variance that idle and load explain, from 0 to 1. */
  readonly explained: number;
}
