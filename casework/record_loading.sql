-- name: stands_hazards
-- Which hazards of some visits stand already.
select i.inspection_no, h.item_code, 'import' as mark
from inspections i join hazards h using (inspection_id) where i.inspection_no = any(string_to_array(%s, chr(31)));

-- name: stands_orders
-- Which of some orders stand already, and who entered them.
select order_no, created_by as mark from orders where order_no = any(string_to_array(%s, chr(31)));

-- name: stands_penalties
-- Which of some penalties stand already, and who entered them.
select case_no, entered_by as mark from penalties where case_no = any(string_to_array(%s, chr(31)));

-- name: stands_complaints
-- Which of some complaints stand already, and who entered them.
select complaint_no, entered_by as mark from complaints where complaint_no = any(string_to_array(%s, chr(31)));

-- name: stands_fires
-- Which of some fires stand already.
select fire_no, 'import' as mark from fires where fire_no = any(string_to_array(%s, chr(31)));

-- name: merge_hazards
-- Hazards that stand brought up to date, but for those that a re-inspection has since closed.
insert into hazards (
    inspection_id, unit_id, staff_body, item_code, severity, is_major, handling, due_on, note, found_on, corrected_on)
select
    inspection_id, unit_id, staff_body, item_code, severity, is_major, handling, due_on, note, found_on, corrected_on
from stage_hazards
on conflict (inspection_id, item_code) do update set
    unit_id = excluded.unit_id, severity = excluded.severity, is_major = excluded.is_major, found_on = excluded.found_on,
    handling = excluded.handling, due_on = excluded.due_on, corrected_on = excluded.corrected_on, note = excluded.note
where hazards.confirmed_in is null and
      (hazards.unit_id, hazards.severity, hazards.is_major, hazards.found_on, hazards.handling, hazards.due_on,
       hazards.corrected_on, hazards.note)
   is distinct from
      (excluded.unit_id, excluded.severity, excluded.is_major, excluded.found_on, excluded.handling, excluded.due_on,
       excluded.corrected_on, excluded.note);

-- name: merge_orders
-- Orders that stand brought up to date.
insert into orders (
    order_no, inspection_id, unit_id, staff_body, kind, served_on, correct_by, recheck_by, closed_on, created_by)
select
    order_no, inspection_id, unit_id, staff_body, kind, served_on, correct_by, recheck_by, closed_on, created_by
from stage_orders
on conflict (order_no) do update set
    inspection_id = excluded.inspection_id, unit_id = excluded.unit_id, staff_body = excluded.staff_body,
    kind = excluded.kind, served_on = excluded.served_on, correct_by = excluded.correct_by, recheck_by = excluded.recheck_by,
    closed_on = excluded.closed_on
where (orders.inspection_id, orders.unit_id, orders.kind, orders.served_on, orders.correct_by, orders.recheck_by,
       orders.closed_on)
   is distinct from
      (excluded.inspection_id, excluded.unit_id, excluded.kind, excluded.served_on, excluded.correct_by,
       excluded.recheck_by, excluded.closed_on);

-- name: merge_penalties
-- Penalties that stand brought up to date.
insert into penalties (
    case_no, unit_id, inspection_id, decided_on, kind, amount_yuan, article, withdrawn_on, entered_by)
select
    case_no, unit_id, inspection_id, decided_on, kind, amount_yuan, article, withdrawn_on, entered_by
from stage_penalties
on conflict (case_no) do update set
    unit_id = excluded.unit_id, inspection_id = excluded.inspection_id, decided_on = excluded.decided_on, kind =
    excluded.kind, amount_yuan = excluded.amount_yuan, article = excluded.article, withdrawn_on = excluded.withdrawn_on
where (penalties.unit_id, penalties.inspection_id, penalties.decided_on, penalties.kind, penalties.amount_yuan,
       penalties.article, penalties.withdrawn_on)
   is distinct from
      (excluded.unit_id, excluded.inspection_id, excluded.decided_on, excluded.kind, excluded.amount_yuan, excluded.article,
       excluded.withdrawn_on);

-- name: merge_complaints
-- Complaints that stand brought up to date.
insert into complaints (
    complaint_no, unit_id, received_at, channel, anonymous, kind, check_by, checked_at, verified, note, entered_by)
select
    complaint_no, unit_id, received_at, channel, anonymous, kind, check_by, checked_at, verified, note, entered_by
from stage_complaints
on conflict (complaint_no) do update set
    unit_id = excluded.unit_id, received_at = excluded.received_at, channel = excluded.channel, anonymous =
    excluded.anonymous, kind = excluded.kind, check_by = excluded.check_by, checked_at = excluded.checked_at, verified =
    excluded.verified, note = excluded.note
where (complaints.unit_id, complaints.received_at, complaints.channel, complaints.anonymous, complaints.kind,
       complaints.check_by, complaints.checked_at, complaints.verified, complaints.note)
   is distinct from
      (excluded.unit_id, excluded.received_at, excluded.channel, excluded.anonymous, excluded.kind, excluded.check_by,
       excluded.checked_at, excluded.verified, excluded.note);

-- name: merge_fires
-- Fires that stand brought up to date.
insert into fires (
    fire_no, unit_id, occurred_at, procedure, note)
select
    fire_no, unit_id, occurred_at, procedure, note
from stage_fires
on conflict (fire_no) do update set
    unit_id = excluded.unit_id, occurred_at = excluded.occurred_at, procedure = excluded.procedure, note = excluded.note
where (fires.unit_id, fires.occurred_at, fires.procedure, fires.note)
   is distinct from
      (excluded.unit_id, excluded.occurred_at, excluded.procedure, excluded.note);
