-- The three scores kept apart, the probability of the model that ruled, and contributions as rows of numbers; null for
-- days before there were any.

alter table scores
    add column noncompliance double precision,
    add column ignition      double precision,
    add column consequence   double precision,
    add column probability   double precision check (probability between 0 and 1),
    add column points        real[],
    add column "values"      real[],
    alter column contributions drop not null;
alter table score_runs add column means jsonb, add column headings jsonb;
comment on column score_runs.headings is 'what each place of points and values stands for on this day';
comment on column scores.points is 'in the order of the headings of the day; their sum is the score';
comment on column scores."values" is 'what the points came from; NaN where there is none or it is not known';
comment on column scores.contributions is 'of days before there were points and values';
comment on column score_runs.means is 'the mean of each of the three scores over the units of the day';
comment on column scores.noncompliance is 'points: how likely a visit finds a substantive hazard';
comment on column scores.ignition is 'points: alarms, electrical signals, fires';
comment on column scores.consequence is 'points: what is at stake';
comment on column scores.probability is 'that a visit finds what the champion was taught; null where the scorecard ruled';
