/** Times up to this were raised to it, or were zero: the clamp of version 1, s. */
const clamp_s = 5e-8;

/**
 * Moves every row of version 1 into the new tables. What version 1 did not know is empty or `unknown`. Its latency is
 * the floor: it summarised the fastest batches at calm moments. Its percentiles and deviations of those batches go;
 * the batches themselves stay in `samples`.
 */
export const carryOver = `
insert into new_platforms (id, device, processor, fingerprint, os, runtime, runtime_version, runtime_build,
  precision, threads, power_mode, details)
select id, device, processor, 'unknown', 'unknown', runtime, runtime_version, 'unknown',
  precision, threads, power_mode, details
from platforms;

insert into sessions (id, platform_id, kind, protocol, space, tool_version, seed, started_at, settings, finished_at, outcome)
select id, platform_id, iif(json_type(settings, '$.verified') is null, 'profile', 'verify'), 1, space, tool_version,
  seed, started_at, settings, finished_at, outcome
from runs;

insert into new_network_measurements (id, platform_id, session_id, network_id, role, batch, position, load, attempt,
  measured_at, provenance, floor_s, floor_low_s, floor_high_s, samples, warm_up_runs,
  energy_j, energy_low_j, energy_high_j, net_energy_j, idle_power_w, energy_windows, energy_window_s, meter,
  energy_provenance, temperature_start_c, temperature_end_c, clock_start_hz, clock_end_hz, load_average, flags)
select id, platform_id, run_id, network_id, iif(role = 'probe', 'canary', role), batch, position,
  row_number() over (partition by run_id, network_id, role, batch order by id) - 1, 0,
  measured_at, 'measured', latency_s, low_s, high_s, samples, warm_up_runs,
  energy_j, energy_low_j, energy_high_j, net_energy_j, idle_power_w, energy_windows, energy_window_s, meter,
  energy_provenance, temperature_start_c, temperature_end_c, clock_start_hz, clock_end_hz, load, flags
from network_measurements;

insert into space_networks (platform_id, space, network_id, role, batch)
select distinct n.platform_id, s.space, n.network_id, n.role, n.batch
from new_network_measurements n join sessions s on s.id = n.session_id;

insert into new_measurements (id, platform_id, session_id, kernel_id, method, network_measurement_id, layer,
  measured_at, provenance, latency_s, low_s, high_s, samples, flags)
select id, platform_id, run_id, kernel_id, method, network_measurement_id, layer,
  measured_at, 'measured', latency_s, low_s, high_s, samples,
  iif(latency_s <= ${clamp_s}, json_insert(flags, '$[#]', 'below-resolution'), flags)
from measurements;

insert into cost_models (platform_id, kind, space, provenance, source, document, design_networks, held_out_networks,
  median_error, p90_error)
select platform_id, 'latency', space, 'measured', 'line through sums of kernel times',
  json_object('form', 'version-1-line', 'overhead_s', overhead_s, 'slope', slope),
  design_networks, held_out_networks, median_error, p90_error
from calibrations order by id;

-- One model answered every space of its platform.
insert into cost_models (platform_id, kind, space, provenance, source, document)
select e.platform_id, 'energy', coalesce(s.space, 'unknown'), e.provenance, e.source,
  json_object('form', 'version-1-powers', 'power_w', e.power_w, 'powerByOp_w', json(e.power_by_op_w),
    'relativeHalfWidth', e.relative_half_width)
from energy_models e left join (select distinct platform_id, space from sessions) s on s.platform_id = e.platform_id
order by e.platform_id, s.space;

insert into kernel_totals (platform_id, method, kernel_id, measurements)
select platform_id, method, kernel_id, count(*) from measurements group by platform_id, method, kernel_id;

insert into platform_totals (platform_id, sessions, network_measurements, measurements, kernels)
select id, (select count(*) from runs where platform_id = p.id),
  (select count(*) from network_measurements where platform_id = p.id),
  (select count(*) from measurements where platform_id = p.id),
  (select count(distinct kernel_id) from measurements where platform_id = p.id)
from platforms p;

drop table energy_models;
drop table calibrations;
drop table measurements;
drop table network_measurements;
drop table runs;
drop table platforms;
alter table new_platforms rename to platforms;
alter table new_network_measurements rename to network_measurements;
alter table new_measurements rename to measurements;
`;
