-- name: read
-- The row of one job and date.
select job, logical_date, status, attempt, started_at, finished_at, runner, detail, error
from job_runs where job = %(job)s and logical_date = %(day)s

-- name: begin
-- Write down that an attempt has begun; returns its number.
insert into job_runs (job, logical_date, status, attempt, started_at, runner)
values (%(job)s, %(day)s, 'running', 1, %(now)s, %(runner)s)
on conflict (job, logical_date) do update
    set status = 'running', attempt = job_runs.attempt + 1, started_at = excluded.started_at,
        finished_at = null, runner = excluded.runner, error = null
returning attempt

-- name: finish
-- Write down how the attempt ended.
update job_runs set status = %(status)s, finished_at = clock_timestamp(), detail = %(detail)s, error = %(error)s
where job = %(job)s and logical_date = %(day)s

-- name: skip
-- Write down that a date was let go, with the reason; a date that ran is left as it is.
insert into job_runs (job, logical_date, status, attempt, started_at, finished_at, runner, detail)
values (%(job)s, %(day)s, 'skipped', 0, %(now)s, %(now)s, %(runner)s, %(detail)s)
on conflict (job, logical_date) do update
    set status = 'skipped', finished_at = excluded.finished_at, detail = excluded.detail
    where job_runs.status <> 'done'

-- name: settled
-- The dates of a job, from a day on, that need no further attempt.
select logical_date from job_runs
where job = %(job)s and logical_date >= %(since)s
  and (status in ('done', 'skipped') or (status = 'failed' and attempt >= %(attempts)s))

-- name: first_date
-- The first date this installation ever had a run for, of any job.
select min(logical_date) as day from job_runs

-- name: recent
-- The latest runs, newest first.
select job, logical_date, status, attempt, started_at, finished_at, runner, detail, error
from job_runs order by started_at desc, job limit %(limit)s
