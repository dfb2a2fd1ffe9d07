-- Visits of the past by the hundred thousand: what their officers' rows name is looked up once for a statement.

-- A foreign key asks for each row by itself: of two officers a visit that was four questions, more than all else which the
-- server did to store it. What stands here instead is the same promise, kept a statement at a time (decision 0057).
alter table inspection_officers
    drop constraint inspection_officers_officer_no_fkey, drop constraint inspection_officers_inspection_id_fkey;
comment on column inspection_officers.inspection_id is
    'of a visit: kept by triggers that look once for a statement, not by a foreign key; goes with the visit';
comment on column inspection_officers.officer_no is
    'of the register of officers: kept by triggers that look once for a statement, not by a foreign key';

create function visit_officers_known() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    asked bigint[];
    found bigint[];
    stray text;
begin
    -- Locked as by a foreign key: until this transaction ends, nobody takes away what is named, or renumbers it. What is just
    -- being taken away is waited for, and then not found. All of it is counted, since a lookup that ends early locks less.
    with visits as materialized (select distinct inspection_id from came),
         officers_ as materialized (select distinct officer_no from came),
         held as materialized (
             select i.inspection_id from visits v cross join lateral (
                 select inspection_id from public.inspections where inspection_id = v.inspection_id for key share) i),
         known as materialized (
             select o.officer_no from officers_ n cross join lateral (
                 select officer_no from public.officers where officer_no = n.officer_no for key share) o)
    select array[(select count(*) from visits), (select count(*) from officers_)],
           array[(select count(*) from held), (select count(*) from known)]
    into asked, found;
    if found[1] < asked[1] then
        select min(c.inspection_id)::text into stray from came c
        where not exists (select from inspections i where i.inspection_id = c.inspection_id);
        raise foreign_key_violation using message = 'officers are named of visit ' || coalesce(stray, '?') || ', which there is not',
            schema = 'public', table = 'inspection_officers', constraint = 'inspection_officers_inspection_id_known';
    elsif found[2] < asked[2] then
        select min(c.officer_no) into stray from came c
        where not exists (select from officers o where o.officer_no = c.officer_no);
        raise foreign_key_violation using
            message = 'officer ' || coalesce(stray, '?') || ' of a visit is not in the register of officers',
            schema = 'public', table = 'inspection_officers', constraint = 'inspection_officers_officer_no_known';
    end if;
    return null;
end $$;
create trigger visit_officers_known after insert on inspection_officers referencing new table as came
    for each statement execute function visit_officers_known();
create trigger visit_officers_still_known after update on inspection_officers referencing new table as came
    for each statement execute function visit_officers_known();

create function visit_officers_kept() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
    -- By a snapshot taken earlier, officers of visits that came since would not be seen.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise feature_not_supported using message =
            tg_table_name || ' are taken away or renumbered in a transaction of isolation level read committed alone';
    end if;
    if tg_table_name = 'officers' then
        if exists (select from inspection_officers where officer_no = old.officer_no)
            and not exists (select from officers where officer_no = old.officer_no) then
            raise foreign_key_violation using message = 'officer ' || old.officer_no || ' stands on visits',
                schema = 'public', table = 'inspection_officers', constraint = 'inspection_officers_officer_no_known';
        end if;
    elsif exists (select from inspection_officers where inspection_id = old.inspection_id)
        and not exists (select from inspections where inspection_id = old.inspection_id) then
        raise foreign_key_violation using message = 'officers stand on visit ' || old.inspection_id,
            schema = 'public', table = 'inspection_officers', constraint = 'inspection_officers_inspection_id_known';
    end if;
    return null;
end $$;
create trigger visit_officers_kept after delete on officers for each row execute function visit_officers_kept();
create trigger visit_officers_renumbered after update on officers for each row
    when (old.officer_no is distinct from new.officer_no) execute function visit_officers_kept();
create trigger visit_officers_renumbered after update on inspections for each row
    when (old.inspection_id is distinct from new.inspection_id) execute function visit_officers_kept();
-- Neither table can be emptied at once: what hangs on them is append-only.

create function visit_officers_go() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise feature_not_supported using message =
            'visits are taken away in a transaction of isolation level read committed alone';
    end if;
    delete from inspection_officers w using gone g where w.inspection_id = g.inspection_id;
    return null;
end $$;
create trigger visit_officers_go after delete on inspections referencing old table as gone
    for each statement execute function visit_officers_go();
revoke all on function visit_officers_known(), visit_officers_kept(), visit_officers_go() from public;

-- Numbers of visits to come are reserved together, so that their officers are written without asking for each.
grant usage on sequence inspections_inspection_id_seq to huoyan_api, huoyan_scheduler;

-- Indexes that another holds already: each was written for every row that came in.
drop index penalties_day;
drop index complaints_received_day;
alter table complaints drop constraint complaints_complaint_no_key;
drop index complaints_number;
create unique index complaints_number on complaints (complaint_no text_pattern_ops);
