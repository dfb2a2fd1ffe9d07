-- name: of_month
-- The share decided for a month.
select month, results, lift, lift_lower, bounds, tau, policy_version, decided_by, decided_at from tau_months
where month = %(month)s;

-- name: decide
-- The share of a month; decided once.
insert into tau_months (month, results, lift, lift_lower, bounds, tau, policy_version, decided_by, decided_at)
values (%(month)s, %(results)s, %(lift)s, %(lift_lower)s, %(bounds)s, %(tau)s, %(version)s, %(by)s, %(at)s)
on conflict (month) do nothing;

-- name: history
-- The shares of past months, the newest first.
select month, results, lift, lift_lower, bounds, tau, policy_version, decided_by, decided_at from tau_months
order by month desc limit %(limit)s;
