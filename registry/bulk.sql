-- Each register has four steps: stage, keep, orphan (where a row names a unit by its number) and merge. A merge writes
-- only rows that are new or differ, and one line of audit for each of them when an actor is named.

-- name: stage_areas
-- The rows that are being loaded into areas, by their natural key.
create temp table stage_areas (
    area_code text, parent_code text, level text, name_zh text, name_en text,
    primary key (area_code)
) on commit drop

-- name: keep_areas
-- Columns that no row gives stay as they are stored.
update stage_areas s
set parent_code = case when 'parent_code' = any(%(given)s) then s.parent_code else a.parent_code end,
    level = case when 'level' = any(%(given)s) then s.level else a.level end,
    name_zh = case when 'name_zh' = any(%(given)s) then s.name_zh else a.name_zh end,
    name_en = case when 'name_en' = any(%(given)s) then s.name_en else a.name_en end
from areas a
where a.area_code = s.area_code

-- name: merge_areas
-- Insert what is new in areas, update what differs, trace both; returns how many of each.
with before as materialized (
    select a.area_code, to_jsonb(a) as record
    from areas a join stage_areas s using (area_code)
    where %(actor)s::text is not null
), changed as (
    update areas a set
        parent_code = s.parent_code, level = s.level, name_zh = s.name_zh, name_en = s.name_en
    from stage_areas s
    where a.area_code = s.area_code and
        (a.parent_code, a.level, a.name_zh, a.name_en)
        is distinct from
        (s.parent_code, s.level, s.name_zh, s.name_en)
    returning a.area_code, case when %(actor)s::text is not null then to_jsonb(a) end as record
), created as (
    insert into areas as a (
        area_code, parent_code, level, name_zh, name_en)
    select area_code, parent_code, level, name_zh, name_en
    from stage_areas s
    where not exists (select from areas a where a.area_code = s.area_code)
    returning a.area_code, case when %(actor)s::text is not null then to_jsonb(a) end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'area',
        m.area_code, b.record, m.record
    from merged m left join before b using (area_code)
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged

-- name: stage_units
-- The rows that are being loaded into units, by their natural key.
create temp table stage_units (
    unit_no text, name text, uscc text, area_code text, address text, kind text, is_key boolean, is_crowded boolean,
    is_high_hazard boolean, floor_area_m2 double precision, storeys integer, height_m double precision,
    occupants integer, sleeping boolean, dangerous_goods boolean, built_year integer, lon double precision,
    lat double precision, attributes jsonb, status text, registered_on date, source text,
    primary key (unit_no)
) on commit drop

-- name: keep_units
-- Columns that no row gives stay as they are stored.
update stage_units s
set name = case when 'name' = any(%(given)s) then s.name else u.name end,
    uscc = case when 'uscc' = any(%(given)s) then s.uscc else u.uscc end,
    area_code = case when 'area_code' = any(%(given)s) then s.area_code else u.area_code end,
    address = case when 'address' = any(%(given)s) then s.address else u.address end,
    kind = case when 'kind' = any(%(given)s) then s.kind else u.kind end,
    is_key = case when 'is_key' = any(%(given)s) then s.is_key else u.is_key end,
    is_crowded = case when 'is_crowded' = any(%(given)s) then s.is_crowded else u.is_crowded end,
    is_high_hazard = case when 'is_high_hazard' = any(%(given)s) then s.is_high_hazard else u.is_high_hazard end,
    floor_area_m2 = case when 'floor_area_m2' = any(%(given)s) then s.floor_area_m2 else u.floor_area_m2 end,
    storeys = case when 'storeys' = any(%(given)s) then s.storeys else u.storeys end,
    height_m = case when 'height_m' = any(%(given)s) then s.height_m else u.height_m end,
    occupants = case when 'occupants' = any(%(given)s) then s.occupants else u.occupants end,
    sleeping = case when 'sleeping' = any(%(given)s) then s.sleeping else u.sleeping end,
    dangerous_goods = case when 'dangerous_goods' = any(%(given)s) then s.dangerous_goods else u.dangerous_goods end,
    built_year = case when 'built_year' = any(%(given)s) then s.built_year else u.built_year end,
    lon = case when 'lon' = any(%(given)s) then s.lon else u.lon end,
    lat = case when 'lat' = any(%(given)s) then s.lat else u.lat end,
    attributes = case when 'attributes' = any(%(given)s) then s.attributes else u.attributes end,
    status = case when 'status' = any(%(given)s) then s.status else u.status end,
    registered_on = case when 'registered_on' = any(%(given)s) then s.registered_on else u.registered_on end,
    source = case when 'source' = any(%(given)s) then s.source else u.source end
from units u
where u.unit_no = s.unit_no

-- name: merge_units
-- Insert what is new in units, update what differs, trace both; returns how many of each.
with before as materialized (
    select u.unit_no, to_jsonb(u) - 'updated_at' as record
    from units u join stage_units s using (unit_no)
    where %(actor)s::text is not null
), changed as (
    update units u set
        name = s.name, uscc = s.uscc, area_code = s.area_code, address = s.address, kind = s.kind,
        is_key = s.is_key, is_crowded = s.is_crowded, is_high_hazard = s.is_high_hazard,
        floor_area_m2 = s.floor_area_m2, storeys = s.storeys, height_m = s.height_m, occupants = s.occupants,
        sleeping = s.sleeping, dangerous_goods = s.dangerous_goods, built_year = s.built_year, lon = s.lon,
        lat = s.lat, attributes = s.attributes, status = s.status, registered_on = s.registered_on,
        source = s.source, updated_at = now()
    from stage_units s
    where u.unit_no = s.unit_no and
        (u.name, u.uscc, u.area_code, u.address, u.kind, u.is_key, u.is_crowded, u.is_high_hazard, u.floor_area_m2,
        u.storeys, u.height_m, u.occupants, u.sleeping, u.dangerous_goods, u.built_year, u.lon, u.lat, u.attributes,
        u.status, u.registered_on, u.source)
        is distinct from
        (s.name, s.uscc, s.area_code, s.address, s.kind, s.is_key, s.is_crowded, s.is_high_hazard, s.floor_area_m2,
        s.storeys, s.height_m, s.occupants, s.sleeping, s.dangerous_goods, s.built_year, s.lon, s.lat, s.attributes,
        s.status, s.registered_on, s.source)
    returning u.unit_no, case when %(actor)s::text is not null then to_jsonb(u) - 'updated_at' end as record
), created as (
    insert into units as u (
        unit_no, name, uscc, area_code, address, kind, is_key, is_crowded, is_high_hazard, floor_area_m2, storeys,
        height_m, occupants, sleeping, dangerous_goods, built_year, lon, lat, attributes, status, registered_on,
        source)
    select unit_no, name, uscc, area_code, address, kind, is_key, is_crowded, is_high_hazard, floor_area_m2, storeys,
        height_m, occupants, sleeping, dangerous_goods, built_year, lon, lat, attributes, status, registered_on,
        source
    from stage_units s
    where not exists (select from units u where u.unit_no = s.unit_no)
    returning u.unit_no, case when %(actor)s::text is not null then to_jsonb(u) - 'updated_at' end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'unit',
        m.unit_no, b.record, m.record
    from merged m left join before b using (unit_no)
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged

-- name: stage_vendors
-- The rows that are being loaded into vendors, by their natural key.
create temp table stage_vendors (
    vendor_code text, name text, status text,
    primary key (vendor_code)
) on commit drop

-- name: keep_vendors
-- Columns that no row gives stay as they are stored.
update stage_vendors s
set name = case when 'name' = any(%(given)s) then s.name else v.name end,
    status = case when 'status' = any(%(given)s) then s.status else v.status end
from vendors v
where v.vendor_code = s.vendor_code

-- name: merge_vendors
-- Insert what is new in vendors, update what differs, trace both; returns how many of each.
with before as materialized (
    select v.vendor_code, to_jsonb(v) as record
    from vendors v join stage_vendors s using (vendor_code)
    where %(actor)s::text is not null
), changed as (
    update vendors v set
        name = s.name, status = s.status
    from stage_vendors s
    where v.vendor_code = s.vendor_code and
        (v.name, v.status)
        is distinct from
        (s.name, s.status)
    returning v.vendor_code, case when %(actor)s::text is not null then to_jsonb(v) end as record
), created as (
    insert into vendors as v (
        vendor_code, name, status)
    select vendor_code, name, status
    from stage_vendors s
    where not exists (select from vendors v where v.vendor_code = s.vendor_code)
    returning v.vendor_code, case when %(actor)s::text is not null then to_jsonb(v) end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'vendor',
        m.vendor_code, b.record, m.record
    from merged m left join before b using (vendor_code)
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged

-- name: stage_devices
-- The rows that are being loaded into devices, by their natural key.
create temp table stage_devices (
    vendor_code text, device_no text, unit_no text, kind text, location text, installed_on date, settings jsonb,
    status text,
    primary key (vendor_code, device_no)
) on commit drop

-- name: keep_devices
-- Columns that no row gives stay as they are stored.
update stage_devices s
set unit_no = case when 'unit_no' = any(%(given)s) then s.unit_no else n.unit_no end,
    kind = case when 'kind' = any(%(given)s) then s.kind else d.kind end,
    location = case when 'location' = any(%(given)s) then s.location else d.location end,
    installed_on = case when 'installed_on' = any(%(given)s) then s.installed_on else d.installed_on end,
    settings = case when 'settings' = any(%(given)s) then s.settings else d.settings end,
    status = case when 'status' = any(%(given)s) then s.status else d.status end
from devices d join units n using (unit_id)
where d.vendor_code = s.vendor_code and d.device_no = s.device_no

-- name: orphan_devices
-- The first row whose unit is not in the register.
select s.* from stage_devices s where not exists (select from units n where n.unit_no = s.unit_no)
order by 1, 2 limit 1

-- name: merge_devices
-- Insert what is new in devices, update what differs, trace both; returns how many of each.
with staged as materialized (
    select s.vendor_code, s.device_no, n.unit_id, s.kind, s.location, s.installed_on, s.settings, s.status
    from stage_devices s join units n using (unit_no)
), before as materialized (
    select d.vendor_code, d.device_no, to_jsonb(d) - 'updated_at' as record
    from devices d join staged s using (vendor_code, device_no)
    where %(actor)s::text is not null
), changed as (
    update devices d set
        unit_id = s.unit_id, kind = s.kind, location = s.location, installed_on = s.installed_on,
        settings = s.settings, status = s.status, updated_at = now()
    from staged s
    where d.vendor_code = s.vendor_code and d.device_no = s.device_no and
        (d.unit_id, d.kind, d.location, d.installed_on, d.settings, d.status)
        is distinct from
        (s.unit_id, s.kind, s.location, s.installed_on, s.settings, s.status)
    returning d.vendor_code, d.device_no, case when %(actor)s::text is not null then to_jsonb(d) - 'updated_at' end as record
), created as (
    insert into devices as d (
        vendor_code, device_no, unit_id, kind, location, installed_on, settings, status)
    select vendor_code, device_no, unit_id, kind, location, installed_on, settings, status
    from staged s
    where not exists (select from devices d where d.vendor_code = s.vendor_code and d.device_no = s.device_no)
    returning d.vendor_code, d.device_no, case when %(actor)s::text is not null then to_jsonb(d) - 'updated_at' end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'device',
        m.vendor_code || '/' || m.device_no, b.record, m.record
    from merged m left join before b using (vendor_code, device_no)
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged

-- name: stage_officers
-- The rows that are being loaded into officers, by their natural key.
create temp table stage_officers (
    officer_no text, name text, body text, area_codes text[], certificate_no text, certificate_from date,
    certificate_to date, can_lead boolean, skills text[], daily_visits integer, status text,
    primary key (officer_no)
) on commit drop

-- name: keep_officers
-- Columns that no row gives stay as they are stored.
update stage_officers s
set name = case when 'name' = any(%(given)s) then s.name else o.name end,
    body = case when 'body' = any(%(given)s) then s.body else o.body end,
    area_codes = case when 'area_codes' = any(%(given)s) then s.area_codes else o.area_codes end,
    certificate_no = case when 'certificate_no' = any(%(given)s) then s.certificate_no else o.certificate_no end,
    certificate_from = case when 'certificate_from' = any(%(given)s) then s.certificate_from else o.certificate_from end,
    certificate_to = case when 'certificate_to' = any(%(given)s) then s.certificate_to else o.certificate_to end,
    can_lead = case when 'can_lead' = any(%(given)s) then s.can_lead else o.can_lead end,
    skills = case when 'skills' = any(%(given)s) then s.skills else o.skills end,
    daily_visits = case when 'daily_visits' = any(%(given)s) then s.daily_visits else o.daily_visits end,
    status = case when 'status' = any(%(given)s) then s.status else o.status end
from officers o
where o.officer_no = s.officer_no

-- name: merge_officers
-- Insert what is new in officers, update what differs, trace both; returns how many of each.
with before as materialized (
    select o.officer_no, to_jsonb(o) - 'updated_at' as record
    from officers o join stage_officers s using (officer_no)
    where %(actor)s::text is not null
), changed as (
    update officers o set
        name = s.name, body = s.body, area_codes = s.area_codes, certificate_no = s.certificate_no,
        certificate_from = s.certificate_from, certificate_to = s.certificate_to, can_lead = s.can_lead,
        skills = s.skills, daily_visits = s.daily_visits, status = s.status, updated_at = now()
    from stage_officers s
    where o.officer_no = s.officer_no and
        (o.name, o.body, o.area_codes, o.certificate_no, o.certificate_from, o.certificate_to, o.can_lead, o.skills,
        o.daily_visits, o.status)
        is distinct from
        (s.name, s.body, s.area_codes, s.certificate_no, s.certificate_from, s.certificate_to, s.can_lead, s.skills,
        s.daily_visits, s.status)
    returning o.officer_no, case when %(actor)s::text is not null then to_jsonb(o) - 'updated_at' end as record
), created as (
    insert into officers as o (
        officer_no, name, body, area_codes, certificate_no, certificate_from, certificate_to, can_lead, skills,
        daily_visits, status)
    select officer_no, name, body, area_codes, certificate_no, certificate_from, certificate_to, can_lead, skills,
        daily_visits, status
    from stage_officers s
    where not exists (select from officers o where o.officer_no = s.officer_no)
    returning o.officer_no, case when %(actor)s::text is not null then to_jsonb(o) - 'updated_at' end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'officer',
        m.officer_no, b.record, m.record
    from merged m left join before b using (officer_no)
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged

-- name: stage_items
-- The rows that are being loaded into inspection_items, by their natural key.
create temp table stage_items (
    item_code text, valid_from date, valid_to date, name_zh text, name_en text, category text, severity text,
    basis text, inspecting_body text, objects text, ratio text, frequency text, method text, content text,
    primary key (item_code, valid_from)
) on commit drop

-- name: keep_items
-- Columns that no row gives stay as they are stored.
update stage_items s
set valid_to = case when 'valid_to' = any(%(given)s) then s.valid_to else i.valid_to end,
    name_zh = case when 'name_zh' = any(%(given)s) then s.name_zh else i.name_zh end,
    name_en = case when 'name_en' = any(%(given)s) then s.name_en else i.name_en end,
    category = case when 'category' = any(%(given)s) then s.category else i.category end,
    severity = case when 'severity' = any(%(given)s) then s.severity else i.severity end,
    basis = case when 'basis' = any(%(given)s) then s.basis else i.basis end,
    inspecting_body = case when 'inspecting_body' = any(%(given)s) then s.inspecting_body else i.inspecting_body end,
    objects = case when 'objects' = any(%(given)s) then s.objects else i.objects end,
    ratio = case when 'ratio' = any(%(given)s) then s.ratio else i.ratio end,
    frequency = case when 'frequency' = any(%(given)s) then s.frequency else i.frequency end,
    method = case when 'method' = any(%(given)s) then s.method else i.method end,
    content = case when 'content' = any(%(given)s) then s.content else i.content end
from inspection_items i
where i.item_code = s.item_code and i.valid_from = s.valid_from

-- name: merge_items
-- Insert what is new in inspection_items, update what differs, trace both; returns how many of each.
with before as materialized (
    select i.item_code, i.valid_from, to_jsonb(i) as record
    from inspection_items i join stage_items s using (item_code, valid_from)
    where %(actor)s::text is not null
), changed as (
    update inspection_items i set
        valid_to = s.valid_to, name_zh = s.name_zh, name_en = s.name_en, category = s.category,
        severity = s.severity, basis = s.basis, inspecting_body = s.inspecting_body, objects = s.objects,
        ratio = s.ratio, frequency = s.frequency, method = s.method, content = s.content
    from stage_items s
    where i.item_code = s.item_code and i.valid_from = s.valid_from and
        (i.valid_to, i.name_zh, i.name_en, i.category, i.severity, i.basis, i.inspecting_body, i.objects,
         i.ratio, i.frequency, i.method, i.content)
        is distinct from
        (s.valid_to, s.name_zh, s.name_en, s.category, s.severity, s.basis, s.inspecting_body, s.objects,
         s.ratio, s.frequency, s.method, s.content)
    returning i.item_code, i.valid_from, case when %(actor)s::text is not null then to_jsonb(i) end as record
), created as (
    insert into inspection_items as i (
        item_code, valid_from, valid_to, name_zh, name_en, category, severity, basis, inspecting_body, objects, ratio,
        frequency, method, content)
    select item_code, valid_from, valid_to, name_zh, name_en, category, severity, basis, inspecting_body, objects, ratio,
        frequency, method, content
    from stage_items s
    where not exists (select from inspection_items i where i.item_code = s.item_code and i.valid_from = s.valid_from)
    returning i.item_code, i.valid_from, case when %(actor)s::text is not null then to_jsonb(i) end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'item',
        m.item_code || '/' || m.valid_from::text, b.record, m.record
    from merged m left join before b using (item_code, valid_from)
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged

-- name: stage_leave
-- The rows that are being loaded into officer_leave, by their natural key.
create temp table stage_leave (
    officer_no text, from_day date, to_day date, reason text,
    primary key (officer_no, from_day)
) on commit drop

-- name: keep_leave
-- Columns that no row gives stay as they are stored.
update stage_leave s
set to_day = case when 'to_day' = any(%(given)s) then s.to_day else l.to_day end,
    reason = case when 'reason' = any(%(given)s) then s.reason else l.reason end
from officer_leave l
where l.officer_no = s.officer_no and l.from_day = s.from_day

-- name: merge_leave
-- Insert what is new in officer_leave, update what differs, trace both; returns how many of each.
with before as materialized (
    select l.officer_no, l.from_day, to_jsonb(l) as record
    from officer_leave l join stage_leave s using (officer_no, from_day)
    where %(actor)s::text is not null
), changed as (
    update officer_leave l set
        to_day = s.to_day, reason = s.reason
    from stage_leave s
    where l.officer_no = s.officer_no and l.from_day = s.from_day and
        (l.to_day, l.reason)
        is distinct from
        (s.to_day, s.reason)
    returning l.officer_no, l.from_day, case when %(actor)s::text is not null then to_jsonb(l) end as record
), created as (
    insert into officer_leave as l (
        officer_no, from_day, to_day, reason)
    select officer_no, from_day, to_day, reason
    from stage_leave s
    where not exists (select from officer_leave l where l.officer_no = s.officer_no and l.from_day = s.from_day)
    returning l.officer_no, l.from_day, case when %(actor)s::text is not null then to_jsonb(l) end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'leave',
        m.officer_no || '/' || m.from_day::text, b.record, m.record
    from merged m left join before b using (officer_no, from_day)
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged

-- name: stage_recusals
-- The rows that are being loaded into officer_recusals, by their natural key.
create temp table stage_recusals (
    officer_no text, unit_no text, reason text,
    primary key (officer_no, unit_no)
) on commit drop

-- name: keep_recusals
-- Columns that no row gives stay as they are stored.
update stage_recusals s
set reason = case when 'reason' = any(%(given)s) then s.reason else r.reason end
from officer_recusals r join units n using (unit_id)
where r.officer_no = s.officer_no and n.unit_no = s.unit_no

-- name: orphan_recusals
-- The first row whose unit is not in the register.
select s.* from stage_recusals s where not exists (select from units n where n.unit_no = s.unit_no)
order by 1, 2 limit 1

-- name: merge_recusals
-- Insert what is new in officer_recusals, update what differs, trace both; returns how many of each.
with staged as materialized (
    select s.officer_no, n.unit_id, s.reason
    from stage_recusals s join units n using (unit_no)
), before as materialized (
    select r.officer_no, r.unit_id, to_jsonb(r) as record
    from officer_recusals r join staged s using (officer_no, unit_id)
    where %(actor)s::text is not null
), changed as (
    update officer_recusals r set
        reason = s.reason
    from staged s
    where r.officer_no = s.officer_no and r.unit_id = s.unit_id and r.reason is distinct from s.reason
    returning r.officer_no, r.unit_id, case when %(actor)s::text is not null then to_jsonb(r) end as record
), created as (
    insert into officer_recusals as r (
        officer_no, unit_id, reason)
    select officer_no, unit_id, reason
    from staged s
    where not exists (select from officer_recusals r where r.officer_no = s.officer_no and r.unit_id = s.unit_id)
    returning r.officer_no, r.unit_id, case when %(actor)s::text is not null then to_jsonb(r) end as record
), merged as (
    select c.*, false as is_new from changed c
    union all
    select c.*, true as is_new from created c
), traced as (
    insert into audit_log (actor, action, entity, entity_id, before, after)
    select %(actor)s, case when m.is_new then 'create' else 'update' end, 'recusal',
        m.officer_no || '/' || n.unit_no, b.record, m.record
    from merged m left join before b using (officer_no, unit_id) join units n on n.unit_id = m.unit_id
    where %(actor)s::text is not null
)
select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged
