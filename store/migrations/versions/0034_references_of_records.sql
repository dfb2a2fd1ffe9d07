-- What visits, hazards, orders, penalties, complaints and fires name is looked up once for a statement (decision 0057): a foreign
-- key asked for each row by itself, which was a third of what the server did to store a hundred thousand of them.

-- Of (column, table, its key, name of the constraint): every value that new rows have in the column stands in the table.
create function reference_known() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    -- A row that is changed and names what it named asks for nothing.
    named text := case tg_op when 'UPDATE' then 'select %1$I as key from came except select %1$I from was'
                             else 'select distinct %1$I as key from came' end;
    asked bigint;
    found bigint;
    stray text;
begin
    -- Locked as by a foreign key: until this transaction ends, nobody takes away what is named, or renumbers it. What is just
    -- being taken away is waited for, and then not found. All of it is counted, since a lookup that ends early locks less.
    execute format('with named as materialized (select key from (' || named || ') n where key is not null),
        held as materialized (select h.key from named n cross join lateral (
            select %3$I as key from public.%2$I where %3$I = n.key for key share) h)
        select (select count(*) from named), (select count(*) from held)', tg_argv[0], tg_argv[1], tg_argv[2])
    into asked, found;
    if found < asked then
        execute format('select min(c.%1$I)::text from came c where c.%1$I is not null
            and not exists (select from public.%2$I t where t.%3$I = c.%1$I)', tg_argv[0], tg_argv[1], tg_argv[2]) into stray;
        raise foreign_key_violation using
            message = format('%s name %s %s, which %s do not have', tg_table_name, tg_argv[0], coalesce(stray, '?'), tg_argv[1]),
            detail = format('Key (%s)=(%s) is not present in table "%s".', tg_argv[0], coalesce(stray, '?'), tg_argv[1]),
            schema = 'public', table = tg_table_name, constraint = tg_argv[3];
    end if;
    return null;
end $$;

-- Of (key, then table, column and name of a constraint for each that names it): a row that is named is not taken away or renumbered.
create function reference_kept() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
declare
    key text := to_jsonb(old) ->> tg_argv[0];
    named boolean;
begin
    -- By a snapshot taken earlier, rows that came since would not be seen.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise feature_not_supported using message =
            tg_table_name || ' are taken away or renumbered in a transaction of isolation level read committed alone';
    end if;
    for place in 1 .. tg_nargs - 1 by 3 loop
        -- A literal without a type takes that of the column.
        execute format('select exists (select from public.%I where %I = %L)
            and not exists (select from public.%I where %I = %L)',
            tg_argv[place], tg_argv[place + 1], key, tg_table_name, tg_argv[0], key) into named;
        if named then
            raise foreign_key_violation using
                message = format('%s %s of %s is named by %s', tg_argv[0], key, tg_table_name, tg_argv[place]),
                schema = 'public', table = tg_argv[place], constraint = tg_argv[place + 2];
        end if;
    end loop;
    return null;
end $$;

-- What goes with a visit that is taken away.
create function visit_goes() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise feature_not_supported using message =
            'visits are taken away in a transaction of isolation level read committed alone';
    end if;
    delete from inspection_officers w using gone g where w.inspection_id = g.inspection_id;
    delete from hazards h using gone g where h.inspection_id = g.inspection_id;
    return null;
end $$;
revoke all on function reference_known(), reference_kept(), visit_goes() from public;

drop trigger visit_officers_known on inspection_officers;
drop trigger visit_officers_still_known on inspection_officers;
drop trigger visit_officers_kept on officers;
drop trigger visit_officers_renumbered on officers;
drop trigger visit_officers_renumbered on inspections;
drop trigger visit_officers_go on inspections;
drop function visit_officers_known(), visit_officers_kept(), visit_officers_go();

alter table inspections drop constraint inspections_unit_id_fkey;
alter table hazards drop constraint hazards_inspection_id_fkey, drop constraint hazards_unit_id_fkey;
alter table orders drop constraint orders_inspection_id_fkey, drop constraint orders_unit_id_fkey;
alter table penalties drop constraint penalties_inspection_id_fkey, drop constraint penalties_unit_id_fkey;
alter table complaints drop constraint complaints_unit_id_fkey;
alter table fires drop constraint fires_unit_id_fkey;

do $$
declare
    one record;
begin
    for one in select * from (values
        ('inspection_officers', 'inspection_id', 'inspections', 'inspection_id'),
        ('inspection_officers', 'officer_no', 'officers', 'officer_no'),
        ('inspections', 'unit_id', 'units', 'unit_id'),
        ('hazards', 'inspection_id', 'inspections', 'inspection_id'), ('hazards', 'unit_id', 'units', 'unit_id'),
        ('orders', 'inspection_id', 'inspections', 'inspection_id'), ('orders', 'unit_id', 'units', 'unit_id'),
        ('penalties', 'inspection_id', 'inspections', 'inspection_id'), ('penalties', 'unit_id', 'units', 'unit_id'),
        ('complaints', 'unit_id', 'units', 'unit_id'), ('fires', 'unit_id', 'units', 'unit_id')
    ) as r (records, named_in, target, key) loop
        execute format('create trigger %1$s_came after insert on %2$I referencing new table as came for each statement
            execute function reference_known(%1$L, %3$L, %4$L, %5$L)',
            one.named_in, one.records, one.target, one.key, one.records || '_' || one.named_in || '_known');
        execute format('create trigger %1$s_moved after update on %2$I
            referencing old table as was new table as came for each statement
            execute function reference_known(%1$L, %3$L, %4$L, %5$L)',
            one.named_in, one.records, one.target, one.key, one.records || '_' || one.named_in || '_known');
        execute format('comment on column %1$I.%2$I is %3$L', one.records, one.named_in, format(
            'of %s: kept by triggers that look once for a statement, not by a foreign key', one.target));
    end loop;
end $$;
comment on column inspection_officers.inspection_id is
    'of inspections, with which it goes: kept by triggers that look once for a statement, not by a foreign key';
comment on column hazards.inspection_id is
    'of inspections, with which it goes: kept by triggers that look once for a statement, not by a foreign key';

create trigger reference_kept after delete on officers for each row execute function reference_kept(
    'officer_no', 'inspection_officers', 'officer_no', 'inspection_officers_officer_no_known');
create trigger reference_renumbered after update on officers for each row when (old.officer_no is distinct from new.officer_no)
    execute function reference_kept('officer_no', 'inspection_officers', 'officer_no', 'inspection_officers_officer_no_known');
create trigger reference_kept after delete on units for each row execute function reference_kept(
    'unit_id', 'inspections', 'unit_id', 'inspections_unit_id_known', 'hazards', 'unit_id', 'hazards_unit_id_known',
    'orders', 'unit_id', 'orders_unit_id_known', 'penalties', 'unit_id', 'penalties_unit_id_known',
    'complaints', 'unit_id', 'complaints_unit_id_known', 'fires', 'unit_id', 'fires_unit_id_known');
create trigger reference_renumbered after update on units for each row when (old.unit_id is distinct from new.unit_id)
    execute function reference_kept(
    'unit_id', 'inspections', 'unit_id', 'inspections_unit_id_known', 'hazards', 'unit_id', 'hazards_unit_id_known',
    'orders', 'unit_id', 'orders_unit_id_known', 'penalties', 'unit_id', 'penalties_unit_id_known',
    'complaints', 'unit_id', 'complaints_unit_id_known', 'fires', 'unit_id', 'fires_unit_id_known');
create trigger visit_goes after delete on inspections referencing old table as gone
    for each statement execute function visit_goes();
-- After what goes with it: triggers of a statement come after those of its rows, so what hangs on a visit is looked at last.
create trigger reference_kept after delete on inspections for each row execute function reference_kept(
    'inspection_id', 'orders', 'inspection_id', 'orders_inspection_id_known',
    'penalties', 'inspection_id', 'penalties_inspection_id_known');
create trigger reference_renumbered after update on inspections for each row
    when (old.inspection_id is distinct from new.inspection_id) execute function reference_kept(
    'inspection_id', 'orders', 'inspection_id', 'orders_inspection_id_known',
    'penalties', 'inspection_id', 'penalties_inspection_id_known', 'hazards', 'inspection_id', 'hazards_inspection_id_known',
    'inspection_officers', 'inspection_id', 'inspection_officers_inspection_id_known');
