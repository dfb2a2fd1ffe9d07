-- name: officers
-- Active officers with the days on which their certificate is valid.
select officer_no, body, area_codes, can_lead, certificate_no <> '' and certificate_from is not null as has_certificate,
       certificate_from, certificate_to, daily_visits
from officers where status = 'active' order by officer_no collate "C";

-- name: leave
-- Leave that touches a time.
select officer_no, from_day, to_day from officer_leave where from_day <= %(last)s and to_day >= %(first)s;

-- name: found_by_class
-- Counted visits since a day and the hazards they found, by the class that units have now.
select s.risk_class, count(*)::int as visits, coalesce(sum(h.found), 0)::int as hazards
from inspections i
join scores s on s.unit_id = i.unit_id and s.as_of = %(as_of)s
left join lateral (select count(*) as found from hazards where inspection_id = i.inspection_id) h on true
where i.kind = any(%(kinds)s) and i.status = 'done' and i.inspected_on >= %(since)s and i.inspected_on < %(first)s
group by s.risk_class;
