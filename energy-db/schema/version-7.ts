/** What a session's meter showed, raw, so that energies can be made again: from its own readings, or from a trace beside the device. */
export const version7 = `
create table meter_records (
  -- One stretch of metering in a session: its windows, and the trace that was laid over them where an instrument recorded beside the device.
  id integer primary key, -- row id
  session_id integer not null references sessions (id), -- in which session
  position integer not null, -- place in the order taken, from 0
  windows text not null check (json_type(windows) = 'array'), -- JSON list of windows on the device clock: kind, start_s, end_s, inferences; of loads the network's key, role, batch, load and attempt
  trace text check (json_type(trace) = 'object'), -- JSON object: the trace that energies were made from, and its clock against the device's; empty where the session's own meter was read
  unique (session_id, position)
) strict;

create table meter_readings (
  -- Raw readings of one rail in a stretch of metering: each column a gzip of float64, little-endian, in the order taken.
  record_id integer not null references meter_records (id), -- in which stretch
  rail text not null, -- id of the rail, as in rails
  time_s blob not null, -- when, on the device clock
  energy_j blob, -- of a counter of energy
  charge_c blob, -- of a counter of charge
  power_w blob, -- power
  current_a blob, -- current
  voltage_v blob, -- voltage
  primary key (record_id, rail)
) strict, without rowid;

alter table window_rails add column readings integer /* readings inside the window; empty for older rows */;
alter table window_rails add column largest_gap_s real /* longest time between two readings, edges of the window included; empty for older rows */;
`;
