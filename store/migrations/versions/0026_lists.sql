-- Lists of a long record: each by an index in the order in which it is shown, and counts from indexes alone.

create index inspections_listed on inspections (status, coalesce(inspected_on, planned_on) desc nulls last,
    inspection_id desc);

-- How many run, and what ended lately, is counted on every page of deadlines.
drop index clocks_area;
create index clocks_area on clocks (area_code, due_at) include (body, soon_at) where done_at is null and dropped_at is null;
drop index clocks_done;
create index clocks_done on clocks (done_at desc) include (due_at, body, area_code) where done_at is not null;
create index clocks_noun on clocks (noun, due_at) where done_at is null and dropped_at is null;

-- A town's acts of a year are counted for every town at once.
create index town_acts_counted on town_acts (town_code, body, regime, acted_on);

-- How leads of a year ended, and how long they stood.
create index grid_leads_found on grid_leads (found_at);
create index grid_lead_steps_at on grid_lead_steps (at, lead_id);

-- What waits to be told, and what was kept back.
create index result_publications_untold on result_publications (queued_at desc, inspection_id desc)
    where published_at is not null and told_at is null;
create index result_publications_withheld on result_publications (queued_at desc, inspection_id desc)
    where withheld_why is not null;

-- The pace of police stations: the daily visits of a year, and how many units there are of a kind.
create index inspections_daily_year on inspections (inspected_on, unit_id, inspection_id)
    where kind = 'daily' and status = 'done';
create index units_paced on units (kind, area_code, unit_id) where status = 'active' and not is_key;
