import { planProfile } from "../../profiler/index.ts";
import { findPreset } from "../../src/network/presets.ts";

/** A space of few networks: what a profile does with it takes a second. */
export const smallPlan = (levelsPerGroup = 3) =>
  planProfile({
    name: "small",
    network: findPreset("mnist-cnn").build({ multiplier: 0.25 }),
    caps: new Map([
      ["conv1", 20],
      ["conv2", 36],
      ["conv3", 36],
    ]),
    levelsPerGroup,
    heldOutNetworks: 6,
  });
