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

- A load of a network with its batches, kernels and energy windows is one transaction: killing the profiler loses at most
  the load in flight.
- Any number of processes read and write: each write waits for its turn, by the lock of an empty file \`FILE-turn\` beside
  the table, which may be deleted while nobody writes. Measuring is what has to be alone: a session locks its device with \`wattsplit-device-HASH.lock\` in the folder for temporary files, which the system drops when the
  process ends; the empty file stays.
- Opening a table looks at its header only: application id \`0x7773706c\` and version. \`wattsplit table check\` reads every
  page and reference.
- An older version is upgraded when opened for writing, after a copy beside it (\`FILE.v1.bak\`). Opened for reading, it
  is upgraded in memory and the file stays as it is. Newer versions are refused.
- From read-only media a table of up to 512 MiB is read into memory; a larger one has to be copied first.
- A network has a row for every load: several in a session, and several sessions. What makes two rows the same is
  session, network, role, batch, load and attempt. A load that drifted is kept and flagged.
- What version 1 did not know is empty or \`unknown\` in its rows: they are protocol 1, and never mix with later ones.`;

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

-- Every kernel's time, one row each
select device, runtime, op, in_channels, out_channels, latency_s, rows from v_kernel order by family, out_channels;

-- Where the next width costs nothing, or less than nothing
select op, in_channels, out_channels, next_out_channels, latency_per_channel_s
from v_marginal where latency_per_channel_s <= 0;

-- Rows with a quality flag
select layer, latency_s, value as flag from v_cost, json_each(flags);
\`\`\`

From Python, with nothing but its own library:

\`\`\`python
import sqlite3
import struct

table = sqlite3.connect("file:energy.db?mode=ro", uri=True)
table.row_factory = sqlite3.Row

for platform in table.execute("select device, runtime, threads, kernels from v_platform"):
    print("{device}, {runtime}, {threads} threads: {kernels} kernels".format(**platform))

for cost in table.execute("select * from v_cost where flags = '[]' order by latency_s desc limit 10"):
    print("{op} {in_channels} -> {out_channels}: {latency_s:.3g} s, {provenance}".format(**cost))

for step in table.execute("select * from v_marginal order by latency_per_channel_s desc limit 10"):
    print("{op} {out_channels} -> {next_out_channels}: {latency_per_channel_s:.3g} s a channel".format(**step))

for load in table.execute("select network_measurement_id, latency_s from batches limit 1"):
    times_s = struct.unpack(f"<{len(load['latency_s']) // 8}d", load["latency_s"])
    print(f"load {load['network_measurement_id']}: {len(times_s)} batches, the fastest {min(times_s):.3g} s")
\`\`\`

From R, with the package RSQLite (Debian: \`r-cran-rsqlite\`; the tests run it where it is there, as \`.ci/run\` brings it):

\`\`\`r
table <- DBI::dbConnect(RSQLite::SQLite(), "energy.db", flags = RSQLite::SQLITE_RO)
platforms <- DBI::dbReadTable(table, "v_platform")
costs <- DBI::dbGetQuery(table, "select * from v_cost where flags = '[]'")
steps <- DBI::dbReadTable(table, "v_marginal")
aggregate(latency_s ~ op + out_channels, costs, median)
steps[steps$latency_per_channel_s <= 0, c("op", "in_channels", "out_channels", "next_out_channels")]
DBI::dbDisconnect(table)
\`\`\`

From TypeScript, \`import { openTable } from "wattsplit/energy-db"\` answers with intervals, between measured widths too:
see examples/profile-and-query.ts.

Raw times are float64, little-endian, in \`samples.samples_s\` (kernels) and \`batches\` (networks).

## A million rows

\`npm run bench -- store\` (2-core Intel Xeon, nothing else running, 2026-11-27) fills a table with 1,000,000 kernel rows in 62 families of 127 x 127 widths, 17,317 rows a second, 503 MiB:

| what | took | wanted |
|---|---|---|
| open, find the platform, read the newest model | 1.2 ms | 200 ms |
| a cost, smoothed and as measured | 0.06 ms | 1 ms |
| the platforms and their counts | 0.01 ms | 1 ms |
| the rows of one kernel, or that there are none | 0.02 ms | 1 ms |
| all 16,129 rows of one family | 222 ms | - |
| memory of the process | 199 MiB | - |

A family of 16,129 imported pairs takes 0.4 to 0.8 s from opening to its first answer, a measured one for which no fit is stored 1.3 to 1.7 s, where a second was wanted:
reading its rows, the fit and the search for stairs share that time. Other pairs take 0.3 ms at most.`;

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
