-- name: on_day
-- Each item, or one, in the version that holds on a day.
select * from (
    select distinct on (item_code) *
    from inspection_items
    where valid_from <= %(day)s and (%(code)s::text is null or item_code = %(code)s)
    order by item_code, valid_from desc
) newest
where valid_to is null or valid_to >= %(day)s
order by item_code

-- name: versions
-- Every version of an item, newest first.
select * from inspection_items where item_code = %s order by valid_from desc
