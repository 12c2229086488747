export { agentOn } from "./agent/agent.ts";
export type { Machine } from "./agent/machine.ts";
export { serveStandardStreams } from "./agent/serve-streams.ts";
export {
  addDevice,
  type DeviceEntry,
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
  deviceOf,
  isSustainedMode,
} from "./device.ts";
export { forkModule } from "./fork-module.ts";
export type { DeviceIdentity, Precision } from "./identity.ts";
export { type IntervalEnergy, integrate } from "./integrator.ts";
export type { Availability, Meter, MeterDescription, MeterSample, Rail } from "./meter.ts";
export { traceMeterId } from "./meters/trace.ts";
export { type DeviceOptions, openDevice } from "./open.ts";
export { knownDevices, probeDevices } from "./probe.ts";
export type { ProbeRow } from "./probe-rows.ts";
export { summedRails, ticksWithin, updatePeriod } from "./rail-readings.ts";
export * from "./raw.ts";
export type { LoadedModel, NodeTimes, ProfiledModel, Runtime } from "./runtime.ts";
export type * from "./script.ts";
export { emptyNodesModel, type ModelKind, modelOfKind, scriptModel } from "./script-model.ts";
export { type Aligned, alignGroups, type TraceClock } from "./traces/align.ts";
export { PowerProfile } from "./traces/power-profile.ts";
export { readTrace } from "./traces/read-trace.ts";
export { type Trace, type TraceWindow, windowsBetween } from "./traces/trace.ts";
export { samplesOnDevice } from "./traces/trace-samples.ts";
