// One text per latency summary and per row with flags, so that both levels read the same.
const latencyColumns = `
  latency_s real not null check (latency_s >= 0), -- robust centre of the samples, seconds per inference
  mad_s real not null, -- median absolute deviation of the samples, unscaled
  p10_s real not null, -- 10th percentile of the samples
  p90_s real not null, -- 90th percentile of the samples
  low_s real not null, -- lower end of the bootstrap 95 % interval of the centre
  high_s real not null, -- upper end of the bootstrap 95 % interval of the centre
  samples integer not null check (samples > 0), -- how many samples were taken
  outliers integer not null, -- samples further than 3.5 scaled deviations from the median: counted, never dropped`;

const flagsColumn = `
  flags text not null check (json_type(flags) = 'array'), -- JSON list of quality flags; empty when nothing was amiss`;

/** The first schema. Released: never edited. */
export const version1 = `
create table platforms (
  -- What measurements must share to be comparable. Rows of two platforms never mix in one answer.
  id integer primary key, -- row id
  device text not null, -- device id as in --device
  processor text not null, -- CPU, GPU or NPU by its marketing name
  runtime text not null, -- what executed the kernels
  runtime_version text not null, -- its version
  precision text not null, -- number format of weights and activations
  threads integer not null check (threads > 0), -- threads given to the runtime
  power_mode text not null, -- governor or power mode; unknown where it cannot be read
  details text not null check (json_type(details) = 'object'), -- JSON object: OS, memory, cores, cache sizes
  unique (device, processor, runtime, runtime_version, precision, threads, power_mode)
) strict;

create table runs (
  -- One call of the profiler on one platform.
  id integer primary key, -- row id
  platform_id integer not null references platforms (id), -- where it ran
  space text not null, -- search space measured: a preset or a network file
  tool_version text not null, -- version of wattsplit
  seed integer not null, -- fixes the design and the order
  started_at text not null, -- ISO 8601
  settings text not null check (json_type(settings) = 'object'), -- JSON object: everything else that shaped the run
  finished_at text, -- ISO 8601; empty while running and after a crash
  outcome text -- how it ended; empty while running and after a crash
) strict;

create table plans (
  -- Decisions of the profiler that a resumed run must repeat.
  platform_id integer not null references platforms (id), -- for which platform
  name text not null, -- which decision
  document text not null check (json_valid(document)), -- JSON
  primary key (platform_id, name)
) strict;

create table networks (
  -- Networks measured, each once.
  id integer primary key, -- row id
  key text not null unique, -- SHA-256 of the canonical JSON of input and layers
  name text not null, -- name of the network when it was first stored
  document text not null check (json_type(document) = 'object') -- the network as in a network.json
) strict;

create table network_measurements (
  -- Whole networks: unprofiled latency, energy, and the state of the machine.
  id integer primary key, -- row id
  platform_id integer not null references platforms (id), -- where
  run_id integer not null references runs (id), -- in which run
  network_id integer not null references networks (id), -- which network
  role text not null check (role in ('design', 'held-out', 'probe', 'verify')), -- design rows make the costs, held-out rows judge them, probe rows show drift, verify rows are delivered networks
  batch integer not null check (batch > 0), -- images per inference
  position integer not null, -- place in the run's randomised order
  measured_at text not null, -- ISO 8601${latencyColumns}
  warm_up_runs integer not null, -- inferences before the first sample
  energy_j real check (energy_j > 0), -- gross energy per inference; empty without a meter
  energy_low_j real, -- lower end of its 95 % interval
  energy_high_j real, -- upper end of its 95 % interval
  net_energy_j real check (net_energy_j > 0), -- gross minus idle power x time; empty when idle was not measured
  idle_power_w real, -- idle power that was subtracted
  energy_window_s real, -- length of one energy window
  energy_windows integer, -- number of energy windows
  meter text, -- which meter
  energy_provenance text check (energy_provenance in ('measured', 'derived', 'simulated')), -- how the energy came to be
  temperature_start_c real, -- degrees Celsius before; empty where unreadable
  temperature_end_c real, -- and after
  clock_start_hz real, -- clock before; empty where unreadable
  clock_end_hz real, -- and after
  load real, -- one-minute load average before${flagsColumn}
  check ((energy_j is null) = (energy_provenance is null))
) strict;

create unique index one_row_per_designed_network
  on network_measurements (platform_id, network_id, role, batch)
  where role in ('design', 'held-out');

create table kernels (
  -- One layer as a runtime executes it, with all its shapes.
  id integer primary key, -- row id
  key text not null unique, -- canonical key: two kernels are the same exactly if their keys are
  family text not null, -- the key without channel counts: costs are interpolated inside a family
  op text not null, -- operation
  batch integer not null, -- images per inference
  in_height integer not null, -- input rows
  in_width integer not null, -- input columns
  in_channels integer not null, -- input channels
  out_channels integer not null, -- output channels: the width
  kernel_size integer not null, -- window edge; 1 where there is none
  stride integer not null, -- step of the window
  groups integer not null, -- channel groups; the channel count for depthwise layers
  padding text not null, -- same or valid
  variant text not null, -- fused activation; for pooling max or average
  dtype text not null -- number format
) strict;

create index kernels_by_family on kernels (family, in_channels, out_channels);

create table measurements (
  -- Kernel times: inside a network (in-context) or alone in a hot loop (isolated). The two never mix.
  id integer primary key, -- row id; answers name the rows they came from
  platform_id integer not null references platforms (id), -- where
  run_id integer not null references runs (id), -- in which run
  kernel_id integer not null references kernels (id), -- which kernel
  method text not null check (method in ('in-context', 'isolated')), -- how it was timed
  network_measurement_id integer references network_measurements (id), -- the network it ran in; empty when isolated
  layer text not null, -- name of the layer
  measured_at text not null, -- ISO 8601${latencyColumns}${flagsColumn}
  unique (network_measurement_id, layer),
  check ((method = 'in-context') = (network_measurement_id is not null))
) strict;

create index measurements_by_kernel on measurements (platform_id, kernel_id, method);

create unique index one_isolated_row_per_kernel
  on measurements (platform_id, kernel_id) where method = 'isolated';

create table samples (
  -- Raw samples behind a summary, in the order taken, so that the analysis can be redone.
  id integer primary key, -- row id
  network_measurement_id integer unique references network_measurements (id), -- whole-network samples of this row, or
  measurement_id integer unique references measurements (id), -- kernel samples of this row
  samples_s blob not null check (length(samples_s) % 8 = 0), -- seconds as little-endian float64
  check ((network_measurement_id is null) <> (measurement_id is null))
) strict;

create table calibrations (
  -- The line from the sum of a network's kernel times to its latency, judged on held-out networks.
  id integer primary key autoincrement, -- row id; grows with every new calibration
  platform_id integer not null references platforms (id), -- for which platform
  space text not null, -- for which search space
  overhead_s real not null, -- seconds per inference beyond the kernels
  slope real not null check (slope > 0), -- factor on the sum of kernel times
  design_networks integer not null, -- networks the line was fitted on
  held_out_networks integer not null, -- networks it was judged on
  median_error real not null, -- median of |predicted - measured| / measured over the held-out networks
  p90_error real not null, -- its 90th percentile
  unique (platform_id, space)
) strict;

create table energy_models (
  -- Power drawn while kernels run: kernel energy = time x power.
  platform_id integer primary key references platforms (id), -- for which platform
  provenance text not null check (provenance in ('measured', 'derived', 'modelled', 'simulated')), -- how the power came to be
  source text not null, -- meter id, or assumed
  power_w real not null check (power_w > 0), -- watts where no operation is listed
  power_by_op_w text not null check (json_type(power_by_op_w) = 'object'), -- JSON object: operation to watts
  relative_half_width real not null -- 95 % half-width of the power as a fraction
) strict;

create view v_cost as
  -- One row per kernel time, with its kernel, platform and role spelled out.
  select m.id as measurement_id, p.device, p.processor, p.runtime, p.runtime_version, p.threads,
    p.power_mode, r.space, m.method, n.role, m.layer, k.op, k.batch, k.in_height, k.in_width,
    k.in_channels, k.out_channels, k.kernel_size, k.stride, k.groups, k.padding, k.variant,
    m.latency_s, m.low_s, m.high_s, m.mad_s, m.samples, m.outliers, m.flags, m.measured_at
  from measurements m
  join kernels k on k.id = m.kernel_id
  join platforms p on p.id = m.platform_id
  join runs r on r.id = m.run_id
  left join network_measurements n on n.id = m.network_measurement_id;

create view v_platform as
  -- One row per platform, with how much is known about it.
  select p.*,
    (select count(*) from runs where platform_id = p.id) as runs,
    (select count(*) from network_measurements where platform_id = p.id) as network_measurements,
    (select count(*) from measurements where platform_id = p.id) as measurements,
    (select count(distinct kernel_id) from measurements where platform_id = p.id) as kernels,
    (select provenance from energy_models where platform_id = p.id) as energy_provenance
  from platforms p;
`;
