import { carryOver } from "./carry-over-1.ts";

const flagsColumn = `
  flags text not null check (json_type(flags) = 'array'), -- JSON list of quality flags; empty when nothing was amiss`;

const provenanceColumn = `
  provenance text not null check (provenance in ('measured', 'derived', 'imported', 'simulated', 'predicted')), -- how the row came to be`;

const identityTables = `
create table new_platforms (
  -- What measurements must share to be comparable. Rows of two platforms never mix in one answer.
  id integer primary key, -- row id
  device text not null, -- device id as in --device
  processor text not null, -- CPU, GPU or NPU by its marketing name
  fingerprint text not null, -- hash that tells two machines of one kind apart; unknown where it cannot be made, and for rows of version 1
  os text not null, -- operating system: name, release, architecture; unknown for rows of version 1
  runtime text not null, -- what executed the kernels
  runtime_version text not null, -- its version
  runtime_build text not null, -- hash of its binary; unknown where it cannot be read, and for rows of version 1
  precision text not null, -- number format of weights and activations
  threads integer not null check (threads > 0), -- threads given to the runtime
  power_mode text not null, -- governor or power mode; unknown where it cannot be read
  details text not null check (json_type(details) = 'object'), -- JSON object: memory, cores, cache sizes
  unique (device, processor, fingerprint, os, runtime, runtime_version, runtime_build, precision, threads, power_mode)
) strict;

create table platform_totals (
  -- How much is known about each platform, kept by triggers so that nobody has to count.
  platform_id integer primary key references platforms (id), -- which platform
  sessions integer not null default 0, -- its sessions
  network_measurements integer not null default 0, -- its loads of networks
  measurements integer not null default 0, -- its kernel rows
  kernels integer not null default 0 -- distinct kernels among them
) strict;

create table kernel_totals (
  -- How many rows each kernel has on each platform, kept by a trigger.
  platform_id integer not null references platforms (id), -- on which platform
  method text not null, -- in-context or isolated
  kernel_id integer not null references kernels (id), -- which kernel
  measurements integer not null, -- its rows
  primary key (platform_id, method, kernel_id)
) strict, without rowid;

create table sessions (
  -- One process that measured on one platform, or one import. A resumed profile is a new session.
  id integer primary key, -- row id
  platform_id integer not null references platforms (id), -- where it ran
  kind text not null check (kind in ('profile', 'verify', 'import')), -- what it was for
  protocol integer not null check (protocol > 0), -- version of the measuring protocol: rows of two versions never mix in one fit; 1 for all rows of version 1
  space text not null, -- search space measured: a preset or a network file
  tool_version text not null, -- version of wattsplit
  seed integer not null, -- fixes the design and the order
  started_at text not null, -- ISO 8601
  settings text not null check (json_type(settings) = 'object'), -- JSON object: everything else that shaped the session
  source_uri text, -- imports: where the rows come from
  source_format text, -- imports: format of the source
  source_sha256 text, -- imports: hash of the source's bytes
  source_licence text, -- imports: licence of the source, where it states one
  canary_s real, -- floor latency of the canary network at calm moments: the speed the session's rows stand for
  canary_low_s real, -- lower end of its 95 % interval
  canary_high_s real, -- upper end of its 95 % interval
  recording_s real, -- time the node profiler adds to every node: subtracted from kernel times
  recording_low_s real, -- lower end of its 95 % interval
  recording_high_s real, -- upper end of its 95 % interval
  clock_offset_s real, -- device clock minus host clock
  clock_bound_s real, -- bound on the error of that offset
  clock_step_s real, -- step of the device clock
  meter text, -- which meter; its rails stand in rails
  meter_quality text check (meter_quality in ('measured', 'derived', 'simulated')), -- what the meter's readings are
  meter_update_period_s real, -- time between updates of the meter
  finished_at text, -- ISO 8601; empty while running and after a crash
  outcome text, -- how it ended; empty while running and after a crash
  check ((source_uri is null) = (source_sha256 is null))
) strict;

create index sessions_by_platform on sessions (platform_id, space);

create table rails (
  -- Supplies that a session's meter reads.
  session_id integer not null references sessions (id), -- in which session
  position integer not null, -- place in the meter's list
  id text not null, -- the meter's name for the rail
  label text not null, -- the same for people
  domain text not null, -- what it feeds: package, memory, board
  kind text not null check (kind in ('energy-counter', 'power', 'current-voltage', 'charge-counter')), -- what it reads
  counted integer not null check (counted in (0, 1)), -- 1: part of the sum
  includes text not null check (json_type(includes) = 'array'), -- JSON list of the rails contained in this one
  wrap_j real, -- where an energy counter starts again, joules
  max_power_w real not null, -- more than this cannot be true
  primary key (session_id, id)
) strict, without rowid;
`;

const networkTables = `
create table space_networks (
  -- Which networks belong to a search space: those its sessions measured, and those its plan holds and another space had measured already.
  platform_id integer not null references platforms (id), -- on which platform
  space text not null, -- which space
  network_id integer not null references networks (id), -- which network
  role text not null, -- in which role
  batch integer not null, -- images per inference
  primary key (platform_id, space, network_id, role, batch)
) strict, without rowid;

create table new_network_measurements (
  -- One load of one network in a fresh session of the runtime: latency without a profiler, energy, state of the machine.
  id integer primary key, -- row id
  platform_id integer not null references platforms (id), -- where
  session_id integer not null references sessions (id), -- in which session
  network_id integer not null references networks (id), -- which network
  role text not null check (role in ('design', 'held-out', 'canary', 'verify')), -- design rows make the costs, held-out rows judge them, canary rows show drift, verify rows are delivered networks
  batch integer not null check (batch > 0), -- images per inference
  position integer not null, -- place in the session's randomised order
  block integer check (block >= 0), -- which script of the session: loads of one block were interleaved and share the state of the machine; empty for rows of version 1
  load integer not null check (load >= 0), -- which load of this network in this session, from 0
  attempt integer not null check (attempt >= 0), -- 0 is the first; drifted attempts are kept and flagged
  measured_at text not null, -- ISO 8601${provenanceColumn}
  floor_s real not null check (floor_s >= 0), -- fastest batches at calm moments, seconds per inference: what the hardware needs
  floor_low_s real, -- lower end of its 95 % interval; empty for imports without one
  floor_high_s real, -- upper end of its 95 % interval
  typical_s real check (typical_s > 0), -- median of all batches, disturbed ones too: what a user meets; empty for rows of version 1
  typical_low_s real, -- lower end of its 95 % interval
  typical_high_s real, -- upper end of its 95 % interval
  p90_s real, -- 90th percentile of all batches; empty for rows of version 1
  samples integer check (samples > 0), -- calm samples behind the floor; empty for imports
  warm_up_runs integer, -- inferences before the first batch; empty for imports
  energy_j real check (energy_j > 0), -- gross energy per inference: median over the load windows; empty without a meter
  energy_low_j real, -- lower end of its 95 % interval
  energy_high_j real, -- upper end of its 95 % interval
  net_energy_j real check (net_energy_j > 0), -- idle subtracted; empty when idle was not measured or unstable
  net_energy_low_j real, -- lower end of its 95 % interval; empty for rows of version 1
  net_energy_high_j real, -- upper end of its 95 % interval
  idle_power_w real, -- idle power that was subtracted
  energy_windows integer, -- number of load windows
  energy_window_s real, -- their time together
  energy_invalid text check (json_type(energy_invalid) = 'array'), -- JSON list: what was wrong with windows that were thrown away
  meter text, -- which meter
  energy_provenance text check (energy_provenance in ('measured', 'derived', 'simulated')), -- how the energy came to be
  temperature_start_c real, -- degrees Celsius before; empty where unreadable
  temperature_end_c real, -- and after
  clock_start_hz real, -- clock before; empty where unreadable
  clock_end_hz real, -- and after
  load_average real, -- one-minute load average before${flagsColumn}
  unique (session_id, network_id, role, batch, load, attempt),
  check ((energy_j is null) = (energy_provenance is null))
) strict;

create index network_measurements_by_role on new_network_measurements (platform_id, role);
create index network_measurements_by_network on new_network_measurements (platform_id, network_id, role, batch);

create table batches (
  -- Every batch of a load in the order taken, one array per column, so that the analysis can be redone. None for rows of version 1.
  network_measurement_id integer primary key references network_measurements (id), -- of which load
  start_s blob not null, -- start on the device clock, little-endian float64
  latency_s blob not null, -- mean time of one inference, little-endian float64
  runs blob not null, -- inferences in the batch, little-endian uint32
  kind blob not null, -- 0 plain, 1 profiled; one byte each
  slowdown blob not null, -- of the canary around it over its calm floor, little-endian float64
  calm blob not null, -- 1: allowed into the floor; one byte each
  check (length(start_s) = 8 * length(kind) and length(latency_s) = 8 * length(kind) and length(runs) = 4 * length(kind)
    and length(slowdown) = 8 * length(kind) and length(calm) = length(kind))
) strict;

create table energy_windows (
  -- The energy windows of a load, idle ones too: the raw parts of its energy. None for rows of version 1.
  id integer primary key, -- row id
  network_measurement_id integer not null references network_measurements (id), -- of which load
  position integer not null, -- place in the order taken
  kind text not null check (kind in ('idle', 'load')), -- what the device did
  start_s real not null, -- start on the device clock, on a tick of the meter
  duration_s real not null check (duration_s > 0), -- length
  inferences integer not null check (inferences >= 0), -- inferences in the window; 0 while idle
  latency_s real check (latency_s > 0), -- seconds per inference in this window, disturbed moments included
  unique (network_measurement_id, position)
) strict;

create table window_rails (
  -- What each rail took in a window.
  window_id integer not null references energy_windows (id), -- in which window
  rail text not null, -- id of the rail, as in rails
  energy_j real not null check (energy_j >= 0), -- joules
  primary key (window_id, rail)
) strict, without rowid;
`;

const kernelTables = `
create table new_measurements (
  -- Kernel times: inside a load of a network (in-context) or alone in a hot loop (isolated). The two never mix.
  id integer primary key, -- row id; answers name the rows they came from
  platform_id integer not null references platforms (id), -- where
  session_id integer not null references sessions (id), -- in which session
  kernel_id integer not null references kernels (id), -- which kernel
  method text not null check (method in ('in-context', 'isolated')), -- how it was timed
  network_measurement_id integer references network_measurements (id), -- the load it ran in; empty when isolated or imported
  layer text not null, -- name of the layer
  measured_at text not null, -- ISO 8601${provenanceColumn}
  latency_s real not null, -- seconds per inference, recording time subtracted
  low_s real, -- lower end of its 95 % interval; empty for imports without one
  high_s real, -- upper end of its 95 % interval
  unsubtracted_s real, -- as the node profiler gave it; empty for imports and rows of version 1
  nodes integer check (nodes > 0), -- runtime nodes that belong to the layer; empty where unknown
  samples integer check (samples > 0), -- how many samples were taken; empty for imports
  energy_j real check (energy_j > 0), -- energy of this kernel, imported or measured alone; mostly empty
  energy_low_j real, -- lower end of its 95 % interval
  energy_high_j real, -- upper end of its 95 % interval
  energy_kind text check (energy_kind in ('gross', 'net')), -- net: idle was subtracted
  energy_meter text, -- which meter
  energy_provenance text check (energy_provenance in ('measured', 'derived', 'imported', 'simulated', 'predicted')), -- how the energy came to be${flagsColumn}
  unique (network_measurement_id, layer),
  check (method = 'in-context' or network_measurement_id is null),
  check (latency_s > 0 or instr(flags, 'below-resolution') > 0),
  check ((energy_j is null) = (energy_provenance is null) and (energy_j is null) = (energy_kind is null))
) strict;

create index measurements_by_kernel_id on new_measurements (platform_id, kernel_id, method);

create table cost_models (
  -- Fitted cost models, all of them kept: the newest of a platform, kind and space answers, one from an assumed power only where there is no other.
  id integer primary key autoincrement, -- row id; grows with every new model
  platform_id integer not null references platforms (id), -- for which platform
  kind text not null check (kind in ('latency', 'energy')), -- what it predicts
  space text not null, -- for which search space
  fitted_at text, -- ISO 8601; empty for models of version 1
  provenance text not null check (provenance in ('measured', 'derived', 'modelled', 'simulated')), -- what it was fitted to; modelled: an assumed power
  source text not null, -- meter id, assumed, or the method
  document text not null check (json_valid(document)), -- JSON: the model itself, with its own version
  design_networks integer, -- networks it was fitted on; empty where version 1 did not store it
  held_out_networks integer, -- networks it was judged on
  median_error real, -- median of |predicted - measured| / measured over the held-out networks
  p90_error real -- its 90th percentile
) strict;

create index cost_models_by_space on cost_models (platform_id, kind, space);
`;

/** After the new tables have their names. */
const triggersAndViews = `
create trigger count_platform after insert on platforms begin
  insert into platform_totals (platform_id) values (new.id);
end;
create trigger count_session after insert on sessions begin
  update platform_totals set sessions = sessions + 1 where platform_id = new.platform_id;
end;
create trigger count_network_measurement after insert on network_measurements begin
  update platform_totals set network_measurements = network_measurements + 1 where platform_id = new.platform_id;
end;
create trigger count_measurement after insert on measurements begin
  update platform_totals set measurements = measurements + 1,
    kernels = kernels + not exists (select 1 from kernel_totals
      where platform_id = new.platform_id and kernel_id = new.kernel_id and method in ('in-context', 'isolated'))
  where platform_id = new.platform_id;
  insert into kernel_totals (platform_id, method, kernel_id, measurements)
  values (new.platform_id, new.method, new.kernel_id, 1)
  on conflict do update set measurements = measurements + 1;
end;
create trigger uncount_platform after delete on platforms begin
  delete from platform_totals where platform_id = old.id;
end;
create trigger uncount_session after delete on sessions begin
  update platform_totals set sessions = sessions - 1 where platform_id = old.platform_id;
end;
create trigger uncount_network_measurement after delete on network_measurements begin
  update platform_totals set network_measurements = network_measurements - 1 where platform_id = old.platform_id;
end;
create trigger uncount_measurement after delete on measurements begin
  update kernel_totals set measurements = measurements - 1
  where platform_id = old.platform_id and method = old.method and kernel_id = old.kernel_id;
  delete from kernel_totals
  where platform_id = old.platform_id and method = old.method and kernel_id = old.kernel_id and measurements = 0;
  update platform_totals set measurements = measurements - 1,
    kernels = kernels - not exists (select 1 from kernel_totals
      where platform_id = old.platform_id and kernel_id = old.kernel_id and method in ('in-context', 'isolated'))
  where platform_id = old.platform_id;
end;

create view v_cost as
  -- One row per kernel time, with its kernel, platform, session and role spelled out.
  select m.id as measurement_id, p.device, p.processor, p.fingerprint, p.os, p.runtime, p.runtime_version,
    p.runtime_build, p.precision, p.threads, p.power_mode, s.space, s.protocol, m.session_id, m.method, n.role,
    m.layer, k.op, k.batch, k.in_height, k.in_width, k.in_channels, k.out_channels, k.kernel_size, k.stride,
    k.groups, k.padding, k.variant, m.provenance, m.latency_s, m.low_s, m.high_s, m.unsubtracted_s, m.nodes,
    m.samples, m.energy_j, m.energy_kind, m.energy_provenance, m.flags, m.measured_at
  from measurements m
  join kernels k on k.id = m.kernel_id
  join platforms p on p.id = m.platform_id
  join sessions s on s.id = m.session_id
  left join network_measurements n on n.id = m.network_measurement_id;

create view v_platform as
  -- One row per platform, with how much is known about it.
  select p.*, t.sessions, t.network_measurements, t.measurements, t.kernels,
    (select provenance from cost_models where platform_id = p.id and kind = 'energy'
     order by provenance = 'modelled', id desc limit 1) as energy_provenance
  from platforms p join platform_totals t on t.platform_id = p.id;
`;

/**
 * Sessions instead of runs, several loads of a network, provenance and energy per kernel, raw energy parts, a history
 * of models. Constraints cannot be altered, so tables are built anew beside the old ones, filled, and renamed; that
 * takes foreign keys off.
 */
export const version2 = [
  "drop view v_cost; drop view v_platform;",
  identityTables,
  networkTables,
  kernelTables,
  carryOver,
  triggersAndViews,
].join("\n");
