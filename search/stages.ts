import { type Network, placeLayers } from "../src/network/network.ts";
import { freeGroups } from "../src/network/width-groups.ts";

/** Names of the growing groups by the resolution they are written at, in network order: "32x32". */
export function stagesOf(network: Network): ReadonlyMap<string, readonly string[]> {
  const resolutions = new Map(
    placeLayers(network).map(({ layer, out }) => [layer.name, `${out.height}x${out.width}`]),
  );
  const stages = new Map<string, string[]>();
  for (const { name, writers } of freeGroups(network)) {
    const stage = resolutions.get(writers[0] ?? name) ?? "";
    stages.set(stage, [...(stages.get(stage) ?? []), name]);
  }
  return stages;
}
