-- name: town
-- An area with its level and the areas above it.
with recursive above as (
    select area_code, parent_code from areas where area_code = %(area)s
    union all
    select p.area_code, p.parent_code from areas p join above on p.area_code = above.parent_code
)
select a.area_code, a.level, a.name_zh, array(select area_code from above) as above from areas a
where a.area_code = %(area)s;

-- name: last_number
-- The highest place taken in a day by numbers of agreements.
select max(substring(substr(agreement_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from agreements where agreement_no like %(prefix)s;

-- name: overlapping
-- An agreement of the same regime and town whose days meet some days.
select agreement_no, from_day, to_day from agreements
where town_code = %(town)s and regime = %(regime)s and agreement_no <> %(number)s
  and from_day <= coalesce(%(to)s::date, 'infinity') and %(from)s <= coalesce(to_day, 'infinity')
  and (ended_on is null or ended_on > %(from)s)
limit 1;

-- name: to_renew
-- Earlier agreements of the town whose clock of renewal still runs.
select a.agreement_no from agreements a join clocks c on c.rule = 'delegation.term' and c.ref = a.agreement_no
where a.town_code = %(town)s and a.regime = %(regime)s and c.done_at is null and c.dropped_at is null;

-- name: insert
-- One agreement.
insert into agreements (agreement_no, regime, town_code, principal_code, powers, from_day, to_day, signed_on, note, made_by)
values (%(number)s, %(regime)s, %(town)s, %(principal)s, %(powers)s, %(from)s, %(to)s, %(signed)s, %(note)s, %(actor)s)
on conflict (agreement_no) do nothing
returning agreement_id;

-- name: items_on
-- Which version of some items the catalogue holds on a day.
select distinct on (item_code) item_code, valid_from from inspection_items
where item_code = any(%(items)s) and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)
order by item_code, valid_from desc;

-- name: elsewhere
-- Which of some items another agreement of the town holds on a day.
select distinct i.item, a.agreement_no, a.regime
from agreements a
cross join lateral (select item_codes from agreement_scopes s where s.agreement_id = a.agreement_id
                    and s.from_day <= %(day)s order by s.from_day desc, s.version desc limit 1) s
cross join lateral unnest(s.item_codes) as i (item)
where a.town_code = %(town)s and a.agreement_id <> %(agreement)s and i.item = any(%(items)s)
  and a.from_day <= %(day)s and coalesce(a.to_day, 'infinity') >= %(day)s
  and (a.ended_on is null or a.ended_on > %(day)s)
order by i.item limit 1;

-- name: add_scope
-- The next version of the list of an agreement.
insert into agreement_scopes (agreement_id, version, from_day, item_codes, item_versions, made_by)
select %(agreement)s, coalesce(max(version), 0) + 1, %(from)s, %(items)s, %(versions)s, %(actor)s
from agreement_scopes where agreement_id = %(agreement)s
returning version;

-- name: last_scope
-- From when the newest version of a list holds.
select version, from_day, item_codes from agreement_scopes where agreement_id = %s order by version desc limit 1;

-- name: locked
-- One agreement, locked.
select * from agreements where agreement_no = %s for update;

-- name: filed
-- One filing.
insert into agreement_filings (agreement_id, filed_with, filed_on, receipt, made_by)
values (%(agreement)s, %(with)s, %(day)s, %(receipt)s, %(actor)s)
on conflict do nothing returning filed_on;

-- name: end
-- An agreement that is terminated.
update agreements set ended_on = %(day)s, ended_why = %(why)s where agreement_id = %(agreement)s;

-- name: listed
-- Agreements of some areas, the newest first, with their filings and the list of items that holds on a day.
select a.agreement_no, a.regime, a.town_code, t.name_zh as town_zh, t.name_en as town_en, a.principal_code,
    p.name_zh as principal_zh, a.powers, a.from_day, a.to_day, a.signed_on, a.ended_on, a.ended_why, a.note, a.made_by,
    a.made_at, a.agreement_id,
    case when a.ended_on <= %(day)s then 'terminated' when a.from_day > %(day)s then 'to_come'
         when a.to_day < %(day)s then 'ended' else 'in_force' end as state,
    coalesce(s.version, 0) as scope_version, coalesce(s.item_codes, '{}') as item_codes,
    (select jsonb_object_agg(f.filed_with, f.filed_on) from agreement_filings f
     where f.agreement_id = a.agreement_id) as filings,
    (select jsonb_object_agg(substr(c.ref, length(a.agreement_no) + 2),
                             to_char(c.due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) from clocks c
     where c.noun = 'agreement' and c.rule = 'delegation.filing'
       and c.ref in (a.agreement_no || '/government', a.agreement_no || '/brigade')) as filing_due
from agreements a join areas t on t.area_code = a.town_code join areas p on p.area_code = a.principal_code
left join lateral (select version, item_codes from agreement_scopes s where s.agreement_id = a.agreement_id
                   and s.from_day <= greatest(%(day)s, a.from_day)
                   order by s.from_day desc, s.version desc limit 1) s on true
where (%(areas)s::text[] is null or a.town_code = any(%(areas)s))
  and (%(number)s::text is null or a.agreement_no = %(number)s)
  and (%(town)s::text is null or a.town_code = %(town)s)
  and (%(before)s::bigint is null or a.agreement_id < %(before)s)
order by a.agreement_id desc limit %(limit)s;

-- name: scopes
-- Every version of an agreement's list.
select version, from_day, item_codes, item_versions, made_by, made_at from agreement_scopes
where agreement_id = %s order by version;
