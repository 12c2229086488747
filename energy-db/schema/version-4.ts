/** Windows that are no square: two columns more in kernels, and in the views that name a window. */
export const version4 = `
alter table kernels add column kernel_width integer /* columns of the window; empty where it is as wide as high */;
alter table kernels add column stride_width integer /* its step along a row; empty where it is the step down */;

drop view v_marginal;
drop view v_kernel;
drop view v_cost;

create view v_cost as
  -- One row per kernel time, with its kernel, platform, session and role spelled out.
  select m.id as measurement_id, p.device, p.processor, p.fingerprint, p.os, p.runtime, p.runtime_version,
    p.runtime_build, p.precision, p.threads, p.power_mode, s.space, s.protocol, m.session_id, m.method, n.role,
    m.layer, k.op, k.batch, k.in_height, k.in_width, k.in_channels, k.out_channels, k.kernel_size,
    coalesce(k.kernel_width, k.kernel_size) as kernel_width, k.stride, coalesce(k.stride_width, k.stride) as stride_width,
    k.groups, k.padding, k.variant, m.provenance, m.latency_s, m.low_s, m.high_s, m.unsubtracted_s, m.nodes,
    m.samples, m.energy_j, m.energy_kind, m.energy_provenance, m.flags, m.measured_at
  from measurements m
  join kernels k on k.id = m.kernel_id
  join platforms p on p.id = m.platform_id
  join sessions s on s.id = m.session_id
  left join network_measurements n on n.id = m.network_measurement_id;

create view v_kernel as
  -- One row per kernel, platform and method: the mean of its unflagged times inside networks of the design. Unsmoothed: answers of wattsplit come from a fit over all of them.
  select m.platform_id, p.device, p.processor, p.runtime, p.threads, m.method, k.id as kernel_id, k.family, k.op, k.batch,
    k.in_height, k.in_width, k.in_channels, k.out_channels, k.kernel_size,
    coalesce(k.kernel_width, k.kernel_size) as kernel_width, k.stride, coalesce(k.stride_width, k.stride) as stride_width, k.groups, k.padding, k.variant,
    avg(m.latency_s) as latency_s, min(m.latency_s) as least_s, max(m.latency_s) as greatest_s,
    avg(m.energy_j) as energy_j, count(*) as rows
  from measurements m
  join kernels k on k.id = m.kernel_id
  join platforms p on p.id = m.platform_id
  left join network_measurements n on n.id = m.network_measurement_id
  where m.flags = '[]' and coalesce(n.role, 'design') = 'design'
  group by m.platform_id, m.method, k.id;

create view v_marginal as
  -- One row per kernel that was measured at a larger output width too, all else equal: what each channel up to that width costs, negative where the larger is faster.
  select *, (next_latency_s - latency_s) / (next_out_channels - out_channels) as latency_per_channel_s,
    (next_energy_j - energy_j) / (next_out_channels - out_channels) as energy_per_channel_j
  from (
    select v.*, lead(out_channels) over next as next_out_channels, lead(latency_s) over next as next_latency_s,
      lead(energy_j) over next as next_energy_j
    from v_kernel v
    window next as (
      partition by platform_id, method, family, case when groups > 1 then 0 else in_channels end order by out_channels
    )
  )
  where next_out_channels is not null;
`;
