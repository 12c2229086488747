import { Option } from "commander";
import type { EnergyTable, ForeignCosts, ForeignQuestion } from "../../../../energy-db/index.ts";
import { UserError } from "../../../errors.ts";
import { formatJoules, formatSeconds } from "../../../units.ts";
import type { KernelQuestion } from "../../workflows/asked-kernel.ts";
import { count } from "../options.ts";
import { formatTable } from "../table-text.ts";

/** What imported rows are asked by beside a kernel's flags. */
export interface ImportedFlags {
  readonly mid?: number;
  readonly shape?: readonly string[];
}

export const importedOptions: readonly Option[] = [
  new Option("--mid <c>", "channels inside a block, of an imported table").argParser(count),
  new Option("--shape <name=value...>", "what else tells rows of an imported table apart"),
];

/** Costs of the device's table that was imported last, where nothing was measured on the device itself. */
export async function importedCosts(
  table: EnergyTable,
  device: string,
): Promise<ForeignCosts | undefined> {
  if (table.platforms().some((platform) => platform.device === device)) return undefined;
  const last = table.foreignTables(device).at(-1);
  if (!last) return undefined;
  const { foreignCosts } = await import("../../../../energy-db/index.ts");
  return foreignCosts(last);
}

/** The same answer for a person and as JSON. */
interface Answer {
  readonly text: string;
  readonly document: object;
}

type Flags = KernelQuestion & ImportedFlags;

export const importedAnswers = {
  cost: (costs: ForeignCosts, flags: Flags): Answer => {
    const question = questionOf(flags);
    const cost = costs.cost(question);
    const { latency_s, latency_low_s, latency_high_s } = cost;
    const interval =
      latency_low_s === undefined || latency_high_s === undefined
        ? "interval unknown"
        : `(95 %: ${formatSeconds(latency_low_s)} to ${formatSeconds(latency_high_s)})`;
    const energy =
      cost.energy_j === undefined
        ? "energy   absent: the table has none"
        : `energy   ${formatJoules(cost.energy_j)}  ${cost.energyProvenance}`;
    return {
      text: [
        `latency  ${formatSeconds(latency_s)} ${interval}  ${cost.provenance}`,
        energy,
        `from     ${cost.rows.join(", ") || "rows around it"}, ${costs.source}`,
      ].join("\n"),
      document: { question, ...cost, source: costs.source },
    };
  },
  stairs: (costs: ForeignCosts, flags: Flags): Answer => {
    const rows = costs.stairs(questionOf(flags));
    return {
      text: formatTable(
        [
          { title: "rows", of: ({ family }) => family },
          { title: "axis", of: ({ axis }) => axis },
          { title: "step", of: ({ step }) => step ?? "none" },
          { title: "confidence", of: ({ confidence }) => confidence },
          { title: "widths seen", of: ({ widths }) => widths },
          { title: "dearer than a larger width", of: ({ dear }) => dear.length },
        ],
        rows,
      ),
      document: { rows, source: costs.source },
    };
  },
} as const;

function questionOf({
  op,
  kernel,
  stride,
  in: input,
  out,
  mid,
  shape = [],
}: Flags): ForeignQuestion {
  const others = shape.map((text) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    throw new UserError(`--shape ${text} is no NAME=VALUE`, {
      hint: "For example: --shape weightBits=4 activationBits=4",
      exit: "usage",
    });
  });
  return {
    op,
    shape: {
      ...(kernel === undefined ? {} : { kernel }),
      ...(stride === undefined ? {} : { stride }),
      ...(input === undefined ? {} : { height: input.height, width: input.width }),
      ...Object.fromEntries(others),
    },
    widths: {
      ...(input === undefined ? {} : { in: input.channels, out: out ?? input.channels }),
      ...(mid === undefined ? {} : { mid }),
    },
  };
}
