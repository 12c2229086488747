export { type Agent, type AgentDescription, agentOn, type RunOptions } from "./agent/agent.ts";
export type { Machine, MachineDescription } from "./agent/machine.ts";
export { serveStandardStreams } from "./agent/serve-streams.ts";
export {
  addDevice,
  type DeviceEntry,
  deviceEntrySchema,
  devicesFolder,
  findDevice,
  listDevices,
} from "./catalog.ts";
export { type Clock, systemClock } from "./clock.ts";
export type { ClockOffset } from "./clock-offset.ts";
export {
  type Capabilities,
  type Device,
  type DeviceConditions,
  type DeviceOfOptions,
  deviceOf,
  isSustainedMode,
  type MeasureOptions,
} from "./device.ts";
export { type ForkedModule, forkModule } from "./fork-module.ts";
export type { DeviceIdentity, Precision } from "./identity.ts";
export {
  type IntervalEnergy,
  integrate,
  type RailEnergy,
  type UnknownEnergy,
} from "./integrator.ts";
export type {
  Availability,
  Meter,
  MeterDescription,
  MeterSample,
  Rail,
  RailDomain,
  RailKind,
} from "./meter.ts";
export { traceMeterId } from "./meters/trace.ts";
export { type DeviceOptions, openDevice } from "./open.ts";
export type { ChosenParts } from "./parts.ts";
export { knownDevices, type ProbeOptions, probeDevices } from "./probe.ts";
export type { ProbeRow } from "./probe-rows.ts";
export { summedRails, ticksWithin, updatePeriod } from "./rail-readings.ts";
export * from "./raw.ts";
export type { TimeWindow } from "./reading-gaps.ts";
export type { LoadedModel, NodeTimes, ProfiledModel, Runtime } from "./runtime.ts";
export type * from "./script.ts";
export { emptyNodesModel, type ModelKind, modelOfKind, scriptModel } from "./script-model.ts";
export { type Aligned, alignGroups, type Stretch, type TraceClock } from "./traces/align.ts";
export type { CsvOptions } from "./traces/csv.ts";
export { PowerProfile } from "./traces/power-profile.ts";
export { readTrace } from "./traces/read-trace.ts";
export { type Trace, type TraceWindow, windowsBetween } from "./traces/trace.ts";
export { samplesOnDevice, type TraceReadings } from "./traces/trace-samples.ts";
