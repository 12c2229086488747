/** Tables of other tools, kept apart from what was measured here. */
export const version5 = `
create table foreign_tables (
  -- A table of another tool, for one device. Its rows never take part in a fit of measured costs.
  id integer primary key, -- row id
  device text not null, -- as the source or the person importing names it
  format text not null, -- which format it came in
  dialect text not null, -- the variant of the format, in words
  units text not null check (json_type(units) = 'object'), -- JSON object: units of the source's numbers
  details text not null check (json_type(details) = 'object'), -- JSON object: what else the source says of the platform
  source_name text not null, -- name of the file
  position integer not null, -- which table of the file, from 0
  source_sha256 text not null, -- hash of its bytes
  source_licence text, -- licence, where the person importing stated one
  imported_at text not null, -- ISO 8601
  tool_version text not null, -- version of wattsplit
  unique (device, source_sha256, position)
) strict;

create table foreign_rows (
  -- One row of a foreign table, in SI units; what the source does not state is empty.
  table_id integer not null references foreign_tables (id), -- of which table
  key text not null, -- the row's name in the source
  op text not null, -- what is timed
  shape text not null check (json_type(shape) = 'object'), -- JSON object: what tells families apart
  in_channels integer, -- input channels
  mid_channels integer, -- channels inside a block
  out_channels integer, -- output channels
  macs real, -- multiply-accumulates, where the shapes tell
  latency_s real, -- latency
  latency_sd_s real, -- standard deviation over the source's runs
  fastest_s real, -- fastest run
  slowest_s real, -- slowest run
  energy_j real, -- energy
  work real, -- a cost that is neither time nor energy; its unit stands with the table
  samples integer, -- runs behind the row
  primary key (table_id, key)
) strict, without rowid;
`;
