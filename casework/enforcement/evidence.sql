-- name: insert
-- One file of a step.
insert into step_evidence (step_id, kind, uri, sha256, seconds, entered_by)
values (%(step)s, %(kind)s, %(uri)s, %(sha)s, %(seconds)s, %(actor)s)
on conflict (step_id, sha256) do nothing
returning evidence_id;

-- name: step
-- A step of one case, measure or hazard.
select step from enforcement_steps where step_id = %(step)s and noun = %(noun)s and ref = %(ref)s;
