export { type Clock, systemClock } from "./clock.ts";
export { counterDelta, type IntervalEnergy, totalEnergy } from "./counter.ts";
export type { Device, DeviceIdentity, MachineState } from "./device.ts";
export type { Availability, Meter, MeterDescription, Rail, RailReading } from "./meter.ts";
export { type DeviceOptions, openDevice } from "./open.ts";
export { type ProbeOptions, type ProbeRow, probeDevices } from "./probe.ts";
export type { LayerTimes, LoadedModel, Model, ProfiledModel, Runtime } from "./runtime.ts";
export type { Transport } from "./transport.ts";
