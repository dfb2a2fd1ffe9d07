-- name: series
-- Mean, least and most of each bucket for each device of a unit that reports the metric.
select d.device_id, d.device_no, d.location, d.low, d.high, b.bucket, b.mean, b.least, b.most
from (select device_id, device_no, location,
             case when jsonb_typeof(settings -> 'low') = 'number' then (settings ->> 'low')::float8 end as low,
             case when jsonb_typeof(settings -> 'high') = 'number' then (settings ->> 'high')::float8 end as high
      from devices where unit_id = %(unit_id)s order by device_id
      limit %(devices)s) d
cross join lateral (
    select date_bin(%(width)s::interval, r.ts, timestamptz '2000-01-01 00:00+00') as bucket,
           avg(r.value) as mean, min(r.value) as least, max(r.value) as most
    from readings r
    where r.device_id = d.device_id
      and r.metric_id = (select metric_id from metrics where code = %(metric)s)
      and r.ts > %(since)s and r.ts <= %(until)s
    group by 1) b
order by d.device_id, b.bucket
limit %(limit)s;
