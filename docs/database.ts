import { describeSchema, type SchemaEntry } from "../energy-db/index.ts";

/** The page on the energy table's file, generated from the schema of a new database. */
export function databasePage(): string {
  const { version, entries } = describeSchema();
  return [
    "# The energy table",
    introduction(version),
    "## Answers",
    answers,
    "## In plain SQL",
    examples,
    "## Tables and views",
    ...entries.map(section),
    "",
  ].join("\n\n");
}

const introduction = (version: number): string =>
  `One SQLite file holds everything measured: write-ahead log, STRICT tables, foreign keys, schema version ${version}.
Units are SI and stand in the column names (\`latency_s\`, \`energy_j\`). What nobody measured is empty, never zero.

- A measurement is one transaction: killing the profiler loses at most the sample in flight.
- One process writes at a time, any number read. The writer holds a lock on \`FILE-writer.lock\`, which the system drops
  when the process ends; the empty file stays.
- Opening a table checks it: application id \`0x7773706c\`, version, pages, references. Older versions are migrated when
  opened for writing; newer ones are refused.
- Reading needs a writable folder too, because of the write-ahead log: copy a table from read-only media first.`;

const answers = `\`wattsplit query cost\` answers in this order, and says which it was:

1. \`measured\`: this very kernel was timed inside networks; the weighted median over the rows, flagged rows counting less.
   Rows of \`held-out\` and \`verify\` networks are left out: they judge the costs, so they must not make them.
2. \`interpolated\`: the widths lie between measured ones of the same family (everything but channel counts equal).
   Where a staircase was found, widths first move to the end of their step. Where lanes were found (multiples of 4 or 16, say,
   that a runtime's layout favours), widths on and off them are answered from their own kind. Apart from that, costs grow
   with width wherever the measured ones do.
3. refused, with the nearest measured widths. Nothing is extrapolated.

A kernel's latency is its time in context times the calibration's slope, so that \`overhead + sum\` is a network's latency.
Its energy is that latency times the power of the energy model, and no better than it: \`measured\` power gives \`derived\`
energy, assumed power gives \`modelled\` energy, no model gives none. Intervals are 95 %: bootstrap over samples, spread
between networks, and for interpolated answers the error of leaving measured widths out.`;

const examples = `\`\`\`sql
-- The ten most expensive kernels of one-threaded platforms
select device, op, in_height, in_width, in_channels, out_channels, latency_s, low_s, high_s
from v_cost where threads = 1 and role = 'design' order by latency_s desc limit 10;

-- What is known about each platform
select device, processor, runtime, threads, kernels, energy_provenance from v_platform;

-- Rows with a quality flag
select layer, latency_s, value as flag from v_cost, json_each(flags);
\`\`\`

Raw samples are float64, little-endian, in \`samples.samples_s\`: \`struct.unpack(f'<{len(b) // 8}d', b)\` in Python.`;

function section({ name, kind, comment, columns }: SchemaEntry): string {
  const title = `### ${name}\n\n${kind === "view" ? "View. " : ""}${comment}`;
  if (kind === "view")
    return `${title}\n\nColumns: ${columns.map((column) => `\`${column.name}\``).join(", ")}.`;
  const rows = columns.map(({ name: column, type, required, refersTo, comment: meaning }) => {
    const notes = `${meaning}${refersTo ? `; a row of ${refersTo}` : ""}`;
    return `| \`${column}\` | ${type} | ${required ? "yes" : ""} | ${notes.replaceAll("|", "\\|")} |`;
  });
  return [
    title,
    ["| column | type | required | meaning |", "|---|---|---|---|", ...rows].join("\n"),
  ].join("\n\n");
}
