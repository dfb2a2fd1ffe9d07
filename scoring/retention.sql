-- name: drawn_days
-- Days whose scores a draw used: the frame names it; the estimates go by the latest day not after the draw's.
select (convert_from(substring(d.frame from position('"scores_as_of":"'::bytea in d.frame) + 16 for 10), 'UTF8'))::date
       as as_of
from draws d
where d.draw_date between %(first)s and %(last)s::date + 60 and position('"scores_as_of":"'::bytea in d.frame) > 0
union
select (select max(r.as_of) from score_runs r where r.as_of <= d.draw_date) from draws d
where d.draw_date between %(first)s and %(last)s::date + 60

-- name: with_reasons
-- Days before a day that still have the reasons of their scores.
select as_of, units from score_runs where as_of < %(before)s and reasons = 'whole' order by as_of

-- name: old
-- Days before a day that still have scores, but for the first of each month and those that a draw used.
select as_of, units from score_runs
where as_of < %(before)s and reasons <> 'kept' and extract(day from as_of) <> 1
order by as_of

-- name: thin
-- Leave of a day's scores the score, the class and what lifted it.
update scores set contributions = null, points = null, values = null
where as_of = %(as_of)s and (points is not null or contributions is not null)

-- name: note
-- What became of the reasons of a day.
update score_runs set reasons = %(reasons)s where as_of = %(as_of)s

-- name: drop
-- The scores of a day.
delete from scores where as_of = %(as_of)s

-- name: drop_run
-- The run of a day that has no scores left.
delete from score_runs where as_of = %(as_of)s
