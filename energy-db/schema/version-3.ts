/** Views that answer in plain SQL what tools ask most: a kernel's time, and what its next width costs. */
export const version3 = `
create view v_kernel as
  -- One row per kernel, platform and method: the mean of its unflagged times inside networks of the design. Unsmoothed: answers of wattsplit come from a fit over all of them.
  select m.platform_id, p.device, p.processor, p.runtime, p.threads, m.method, k.id as kernel_id, k.family, k.op, k.batch,
    k.in_height, k.in_width, k.in_channels, k.out_channels, k.kernel_size, k.stride, k.groups, k.padding, k.variant,
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
