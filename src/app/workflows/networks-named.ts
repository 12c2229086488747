import { basename } from "node:path";
import { UserError } from "../../errors.ts";
import { type Network, withWidths } from "../../network/network.ts";
import { readNetworkFile } from "../../network/network-file.ts";
import { findPreset } from "../../network/presets.ts";
import { freeGroups } from "../../network/width-groups.ts";

export interface NetworkFlags {
  /** Preset names or network.json files. */
  readonly net: readonly string[];
  readonly multiplier?: readonly number[];
  /** As in `parseWidths`. */
  readonly widths?: readonly string[];
}

/** The networks that the flags name: every preset at every multiplier and with every list of widths, every file as it is. */
export function namedNetworks({ net, multiplier = [], widths = [] }: NetworkFlags) {
  return net.flatMap((name) => {
    if (name.endsWith(".json"))
      return [{ label: basename(name, ".json"), network: readNetworkFile(name) }];
    const preset = findPreset(name);
    const scaled = (multiplier.length + widths.length > 0 ? multiplier : [1]).map((factor) => ({
      label: `${name} x${factor}`,
      network: preset.build({ multiplier: factor }),
    }));
    const listed = widths.map((text) => ({
      label: `${name} ${text}`,
      network: withGroupWidths(preset.build({}), text),
    }));
    return [...scaled, ...listed];
  });
}

/** Widths of a network's growing groups, in order: "8-16-24x6-32" is 8, 16, six times 24, 32. */
export function parseWidths(text: string): readonly number[] {
  return text.split("-").flatMap((part) => {
    const match = /^(\d+)(?:x(\d+))?$/.exec(part);
    const [width = 0, times = 1] = (match ?? []).slice(1).map((digits) => Number(digits ?? 1));
    if (!match || width < 1 || times < 1)
      throw new UserError(`Widths "${text}": "${part}" is no width`, {
        hint: "Give widths of the network's groups in order, for example 8-16-24x6-32.",
        exit: "usage",
      });
    return new Array<number>(times).fill(width);
  });
}

function withGroupWidths(network: Network, text: string): Network {
  const widths = parseWidths(text);
  const groups = freeGroups(network);
  if (groups.length !== widths.length)
    throw new UserError(
      `Widths "${text}" are ${widths.length}; "${network.name}" has ${groups.length} width groups`,
      { hint: `Give one for each of: ${groups.map(({ name }) => name).join(", ")}`, exit: "usage" },
    );
  const byLayer = groups.flatMap(({ writers }, i) =>
    writers.map((writer) => [writer, widths[i] ?? 1] as const),
  );
  return withWidths(network, new Map(byLayer));
}
