-- name: store
-- A model as it was trained.
insert into models (model_no, outcome, trained_for, first_day, until_day, visits, positives, policy_version, features,
    content, measures)
values (%(model_no)s, %(outcome)s, %(trained_for)s, %(first)s, %(until)s, %(visits)s, %(positives)s, %(version)s,
    %(features)s, %(content)s, %(measures)s)
returning model_id

-- name: move
-- Where a model stands from now on, why, and by whom.
insert into model_moves (model_id, standing, reason, moved_by) values (%(model_id)s, %(standing)s, %(reason)s, %(by)s)

-- name: all
-- Every model with where it stands, the newest first.
select m.model_id, m.model_no, m.outcome, m.trained_for, m.first_day, m.until_day, m.visits, m.positives,
       m.policy_version, m.features, m.measures, m.created_at, s.standing, s.reason, s.moved_by, s.moved_at
from models m
cross join lateral (select * from model_moves v where v.model_id = m.model_id order by v.move_id desc limit 1) s
order by m.model_id desc

-- name: content
-- The tables of a model.
select content from models where model_no = %(model_no)s

-- name: moves
-- What became of a model.
select standing, reason, moved_by, moved_at from model_moves join models using (model_id)
where model_no = %(model_no)s order by move_id
