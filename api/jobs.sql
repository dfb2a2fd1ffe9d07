-- name: page
-- Runs, the latest first.
select job, logical_date, status, attempt, started_at, finished_at,
       extract(epoch from finished_at - started_at)::float8 as seconds, runner, detail, error
from job_runs
where (%(job)s::text is null or job = %(job)s) and (%(status)s::text is null or status = %(status)s)
order by started_at desc, job limit %(limit)s offset %(offset)s;

-- name: latest
-- The latest run of each job.
select distinct on (job) job, logical_date, status, attempt, started_at, finished_at,
       extract(epoch from finished_at - started_at)::float8 as seconds, error
from job_runs order by job, started_at desc;
