-- The three scores kept apart, and the probability of the model that ruled; null for days before there were any.

alter table scores
    add column noncompliance double precision,
    add column ignition      double precision,
    add column consequence   double precision,
    add column probability   double precision check (probability between 0 and 1);
alter table score_runs add column means jsonb;
comment on column score_runs.means is 'the mean of each of the three scores over the units of the day';
comment on column scores.noncompliance is 'points: how likely a visit finds a substantive hazard';
comment on column scores.ignition is 'points: alarms, electrical signals, fires';
comment on column scores.consequence is 'points: what is at stake';
comment on column scores.probability is 'that a visit finds what the champion was taught; null where the scorecard ruled';
