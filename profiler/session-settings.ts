import { systemClock } from "../devices/index.ts";
import type { SessionSettings } from "../energy-db/index.ts";
import { measuringProtocol } from "./measuring.ts";
import { defaultLoads, type ProfileOptions } from "./steps.ts";

/** What is stored of a profile before anything is measured. */
export function sessionSettings({
  device,
  plan,
  toolVersion,
  assumePower_w,
  method,
  loads,
  clock = systemClock,
}: ProfileOptions): SessionSettings {
  return {
    kind: "profile",
    space: plan.space.name,
    toolVersion,
    protocol: measuringProtocol,
    seed: plan.seed,
    startedAt: clock.timestamp(),
    settings: {
      method: method ?? "in-context",
      targetCi: plan.targetCi,
      grid: plan.space.grid,
      meter: device.capabilities.meter.id,
      networks: plan.networks.length,
      loads: loads ?? defaultLoads,
      ...(assumePower_w === undefined ? {} : { assumePower_w }),
    },
  };
}
