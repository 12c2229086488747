import { planProfile, type SamplingRules, samplingRules } from "../../profiler/index.ts";
import { findPreset } from "../../src/network/presets.ts";

/** A space of few networks: what a profile does with it takes a second. */
export const smallSpace = {
  name: "small",
  network: findPreset("mnist-cnn").build({ multiplier: 0.25 }),
  caps: new Map([
    ["conv1", 20],
    ["conv2", 36],
    ["conv3", 36],
  ]),
  designNetworks: 9,
  heldOutNetworks: 6,
};
export const smallPlan = () => planProfile(smallSpace);

/** Few samples, where nothing varies. */
export const quickRules: SamplingRules = {
  ...samplingRules,
  calmSamples: 6,
  fewestCalm: 3,
  maxSamples: 12,
  hurriedSamples: 8,
};

/** Blocks so small that there are many. */
export const smallBlocks: SamplingRules = { ...quickRules, networksPerBlock: 4 };
