-- name: stands_hazards
-- Which hazards of some visits stand already.
select i.inspection_no, h.item_code, 'import' as mark
from inspections i join hazards h using (inspection_id) where i.inspection_no = any(%s);

-- name: stands_orders
-- Which of some orders stand already, and who entered them.
select order_no, created_by as mark from orders where order_no = any(%s);

-- name: stands_penalties
-- Which of some penalties stand already, and who entered them.
select case_no, entered_by as mark from penalties where case_no = any(%s);

-- name: stands_complaints
-- Which of some complaints stand already, and who entered them.
select complaint_no, entered_by as mark from complaints where complaint_no = any(%s);

-- name: stands_fires
-- Which of some fires stand already.
select fire_no, 'import' as mark from fires where fire_no = any(%s);

-- name: stage_hazards
-- Hazards wait here until they are merged.
drop table if exists pg_temp.stage_hazards;
create temp table stage_hazards (
    inspection_no text, item_code text, severity text, is_major bool, found_on date, handling text, due_on date,
    corrected_on date, note text
) on commit drop;

-- name: merge_hazards
-- New hazards in, changed ones brought up to date, but for those that a re-inspection has since closed.
with merged as (
    insert into hazards (inspection_id, unit_id, item_code, severity, is_major, found_on, handling, due_on, corrected_on, note,
        staff_body)
    select distinct on (i.inspection_id, s.item_code) i.inspection_id, i.unit_id, s.item_code, s.severity, s.is_major,
        coalesce(s.found_on, i.inspected_on), s.handling, s.due_on,
        coalesce(s.corrected_on, case s.handling when 'corrected_on_spot' then coalesce(s.found_on, i.inspected_on) end),
        s.note, i.staff_body
    from stage_hazards s cross join lateral (
        select inspection_id, unit_id, inspected_on, staff_body from inspections where inspection_no = s.inspection_no offset 0) i
    order by i.inspection_id, s.item_code
    on conflict (inspection_id, item_code) do update set unit_id = excluded.unit_id, severity = excluded.severity,
        is_major = excluded.is_major, found_on = excluded.found_on, handling = excluded.handling,
        due_on = excluded.due_on, corrected_on = excluded.corrected_on, note = excluded.note
    where hazards.confirmed_in is null
      and (hazards.unit_id, hazards.severity, hazards.is_major, hazards.found_on, hazards.handling, hazards.due_on,
           hazards.corrected_on, hazards.note)
       is distinct from
          (excluded.unit_id, excluded.severity, excluded.is_major, excluded.found_on, excluded.handling, excluded.due_on,
           excluded.corrected_on, excluded.note)
    returning (xmax = 0)::int as inserted
)
select count(*) as merged, count(*) filter (where inserted = 1) as inserted from merged;

-- name: stage_orders
-- Orders wait here until they are merged.
drop table if exists pg_temp.stage_orders;
create temp table stage_orders (
    order_no text, inspection_no text, kind text, served_on date, correct_by date, recheck_by date, closed_on date,
    created_by text
) on commit drop;

-- name: merge_orders
-- New orders in, changed ones brought up to date.
with merged as (
    insert into orders (order_no, inspection_id, unit_id, kind, served_on, correct_by, recheck_by, closed_on, created_by,
        staff_body)
    select distinct on (s.order_no) s.order_no, i.inspection_id, i.unit_id, s.kind, s.served_on, s.correct_by,
        s.recheck_by, s.closed_on, s.created_by, i.staff_body
    from stage_orders s cross join lateral (
        select inspection_id, unit_id, inspected_on, staff_body from inspections where inspection_no = s.inspection_no offset 0) i
    order by s.order_no
    on conflict (order_no) do update set inspection_id = excluded.inspection_id, unit_id = excluded.unit_id,
        staff_body = excluded.staff_body,
        kind = excluded.kind, served_on = excluded.served_on, correct_by = excluded.correct_by,
        recheck_by = excluded.recheck_by, closed_on = excluded.closed_on
    where (orders.inspection_id, orders.unit_id, orders.kind, orders.served_on, orders.correct_by, orders.recheck_by,
           orders.closed_on)
       is distinct from
          (excluded.inspection_id, excluded.unit_id, excluded.kind, excluded.served_on, excluded.correct_by,
           excluded.recheck_by, excluded.closed_on)
    returning (xmax = 0)::int as inserted
)
select count(*) as merged, count(*) filter (where inserted = 1) as inserted from merged;

-- name: stage_penalties
-- Penalties wait here until they are merged.
drop table if exists pg_temp.stage_penalties;
create temp table stage_penalties (
    case_no text, unit_no text, inspection_no text, decided_on date, kind text, amount_yuan numeric, article text,
    withdrawn_on date, entered_by text
) on commit drop;

-- name: merge_penalties
-- New penalties in, changed ones brought up to date.
with merged as (
    insert into penalties (case_no, unit_id, inspection_id, decided_on, kind, amount_yuan, article, withdrawn_on, entered_by)
    select distinct on (s.case_no) s.case_no, u.unit_id, i.inspection_id, s.decided_on, s.kind,
        s.amount_yuan, s.article, s.withdrawn_on, s.entered_by
    from stage_penalties s
    cross join lateral (select unit_id from units where unit_no = s.unit_no offset 0) u
    left join lateral (select inspection_id from inspections where inspection_no = s.inspection_no offset 0) i on true
    order by s.case_no
    on conflict (case_no) do update set unit_id = excluded.unit_id, inspection_id = excluded.inspection_id,
        decided_on = excluded.decided_on, kind = excluded.kind, amount_yuan = excluded.amount_yuan,
        article = excluded.article, withdrawn_on = excluded.withdrawn_on
    where (penalties.unit_id, penalties.inspection_id, penalties.decided_on, penalties.kind, penalties.amount_yuan,
           penalties.article, penalties.withdrawn_on)
       is distinct from
          (excluded.unit_id, excluded.inspection_id, excluded.decided_on, excluded.kind, excluded.amount_yuan,
           excluded.article, excluded.withdrawn_on)
    returning (xmax = 0)::int as inserted
)
select count(*) as merged, count(*) filter (where inserted = 1) as inserted from merged;

-- name: stage_complaints
-- Complaints wait here until they are merged.
drop table if exists pg_temp.stage_complaints;
create temp table stage_complaints (
    complaint_no text, unit_no text, received_at timestamptz, channel text, anonymous bool, kind text,
    check_by timestamptz, checked_at timestamptz, verified bool, note text, entered_by text
) on commit drop;

-- name: merge_complaints
-- New complaints in, changed ones brought up to date.
with merged as (
    insert into complaints (complaint_no, unit_id, received_at, channel, anonymous, kind, check_by, checked_at, verified,
        note, entered_by)
    select distinct on (s.complaint_no) s.complaint_no, u.unit_id, s.received_at, s.channel, s.anonymous, s.kind,
        s.check_by, s.checked_at, s.verified, s.note, s.entered_by
    from stage_complaints s
    cross join lateral (select unit_id from units where unit_no = s.unit_no offset 0) u
    order by s.complaint_no
    on conflict (complaint_no) do update set unit_id = excluded.unit_id, received_at = excluded.received_at,
        channel = excluded.channel, anonymous = excluded.anonymous, kind = excluded.kind, check_by = excluded.check_by,
        checked_at = excluded.checked_at, verified = excluded.verified, note = excluded.note
    where (complaints.unit_id, complaints.received_at, complaints.channel, complaints.anonymous, complaints.kind,
           complaints.check_by, complaints.checked_at, complaints.verified, complaints.note)
       is distinct from
          (excluded.unit_id, excluded.received_at, excluded.channel, excluded.anonymous, excluded.kind,
           excluded.check_by, excluded.checked_at, excluded.verified, excluded.note)
    returning (xmax = 0)::int as inserted
)
select count(*) as merged, count(*) filter (where inserted = 1) as inserted from merged;

-- name: stage_fires
-- Fires wait here until they are merged.
drop table if exists pg_temp.stage_fires;
create temp table stage_fires (
    fire_no text, unit_no text, occurred_at timestamptz, procedure text, note text
) on commit drop;

-- name: merge_fires
-- New fires in, changed ones brought up to date.
with merged as (
    insert into fires (fire_no, unit_id, occurred_at, procedure, note)
    select distinct on (s.fire_no) s.fire_no, u.unit_id, s.occurred_at, s.procedure, s.note
    from stage_fires s
    cross join lateral (select unit_id from units where unit_no = s.unit_no offset 0) u
    order by s.fire_no
    on conflict (fire_no) do update set unit_id = excluded.unit_id, occurred_at = excluded.occurred_at,
        procedure = excluded.procedure, note = excluded.note
    where (fires.unit_id, fires.occurred_at, fires.procedure, fires.note)
       is distinct from (excluded.unit_id, excluded.occurred_at, excluded.procedure, excluded.note)
    returning (xmax = 0)::int as inserted
)
select count(*) as merged, count(*) filter (where inserted = 1) as inserted from merged;
