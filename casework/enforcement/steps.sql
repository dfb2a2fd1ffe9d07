-- name: insert
-- One step.
insert into enforcement_steps (noun, ref, step, at, officers, note, details, entered_by)
values (%(noun)s, %(ref)s, %(step)s, %(at)s, %(officers)s, %(note)s, %(details)s, %(actor)s)
returning step_id;

-- name: read
-- Every step of something with its evidence, in the order in which they were made.
select s.step_id, s.step, s.at, s.officers, s.note, s.details, s.entered_by, s.entered_at,
       coalesce(e.files, '[]'::jsonb) as evidence
from enforcement_steps s
left join lateral (
    select jsonb_agg(jsonb_build_object('evidence_id', evidence_id, 'kind', kind, 'uri', uri, 'sha256', sha256,
                                        'seconds', seconds, 'entered_by', entered_by) order by evidence_id) as files
    from step_evidence where step_id = s.step_id) e on true
where s.noun = %(noun)s and s.ref = %(ref)s order by s.at, s.step_id;
