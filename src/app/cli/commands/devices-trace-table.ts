import { openTable } from "../../../../energy-db/index.ts";
import { findPlatform, type TableFlags } from "../../workflows/open-costs.ts";
import { storeTraceEnergies, type TraceEnergies } from "../../workflows/trace-energies.ts";
import type { CommandContext } from "../context.ts";
import { type Column, formatTable } from "../table-text.ts";

export interface TraceInTableFlags extends Omit<TableFlags, "db"> {
  readonly db?: string;
  readonly voltage?: number;
  readonly session?: number;
}

/** One stretch of metering, as it was found in the trace or not. */
interface Row {
  readonly stretch: number;
  readonly offset_s?: number;
  readonly drift?: number;
  readonly explained?: number;
  /** Networks with an energy from it. */
  readonly networks: number;
  /** Why it was not found, or energies are missing. */
  readonly amiss: readonly string[];
}

/** Makes a table's energies of a trace, and says where in it they were found. */
export async function answerTraceInTable(
  terminal: CommandContext["terminal"],
  file: string,
  flags: TraceInTableFlags & { readonly db: string },
  json: boolean,
): Promise<void> {
  const table = openTable(flags.db, { mode: "write" });
  try {
    const stored = storeTraceEnergies({
      table,
      platformId: findPlatform(table, flags).id,
      file,
      sessionId: flags.session,
      voltage_v: flags.voltage,
      now: new Date().toISOString(),
    });
    const { sessionId, provenance, networks } = stored;
    const rows = rowsOf(stored);
    if (json) {
      terminal.answerJson({ session: sessionId, provenance, networks, rows });
      return;
    }
    terminal.answer(formatTable(columns, rows));
    for (const { stretch, amiss } of rows)
      for (const one of amiss) terminal.note(`Stretch ${stretch}: ${one}`);
    terminal.answer(`Energy of ${networks} networks in session ${sessionId} (${provenance})`);
  } finally {
    table.close();
  }
}

const rowsOf = ({ logs }: TraceEnergies): readonly Row[] =>
  logs.map(({ clock, reason, loads }, i) => ({
    stretch: i + 1,
    ...clock,
    networks: loads.filter(({ energy }) => energy !== undefined).length,
    amiss: [...(reason === undefined ? [] : [reason]), ...loads.flatMap(({ invalid }) => invalid)],
  }));

const columns: readonly Column<Row>[] = [
  { title: "stretch", of: ({ stretch }) => `${stretch}` },
  {
    title: "trace ahead by",
    of: ({ offset_s }) => (offset_s === undefined ? "not found" : `${offset_s.toFixed(3)} s`),
  },
  {
    title: "clock",
    of: ({ drift }) => (drift === undefined ? "" : `${(1e6 * drift).toFixed(0)} ppm`),
  },
  {
    title: "power explained",
    of: ({ explained }) => (explained === undefined ? "" : `${(100 * explained).toFixed(0)} %`),
  },
  { title: "networks", of: ({ networks }) => `${networks}` },
];
