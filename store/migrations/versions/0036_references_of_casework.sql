-- What cases, measures, major hazards, the ledger, listings, agreements, training, guidance and referrals name is looked up once for
-- a statement, as what visits name is since 0034 (decisions 0057 and 0061). References that an import leaves empty stay foreign keys.
do $$
declare
    one record;
begin
    create temp table named_now on commit drop as select * from (values
        ('cases', 'unit_id', 'units', 'unit_id'), ('cases', 'area_code', 'areas', 'area_code'),
        ('measures', 'unit_id', 'units', 'unit_id'), ('measures', 'area_code', 'areas', 'area_code'),
        ('major_hazards', 'unit_id', 'units', 'unit_id'), ('major_hazards', 'area_code', 'areas', 'area_code'),
        ('credit_entries', 'unit_id', 'units', 'unit_id'), ('credit_listings', 'unit_id', 'units', 'unit_id'),
        ('agreements', 'town_code', 'areas', 'area_code'), ('agreements', 'principal_code', 'areas', 'area_code'),
        ('training_days', 'officer_no', 'officers', 'officer_no'), ('guidance_visits', 'town_code', 'areas', 'area_code'),
        ('referrals', 'unit_id', 'units', 'unit_id'), ('referrals', 'from_code', 'areas', 'area_code'),
        ('referrals', 'to_code', 'areas', 'area_code'), ('referrals', 'owner_code', 'areas', 'area_code'),
        ('referral_steps', 'referral_id', 'referrals', 'referral_id'), ('referral_steps', 'from_code', 'areas', 'area_code'),
        ('referral_steps', 'to_code', 'areas', 'area_code')
    ) as r (records, named_in, target, key);

    for one in select * from named_now loop
        execute format('alter table %I drop constraint %I', one.records, one.records || '_' || one.named_in || '_fkey');
        execute format('create trigger %1$s_came after insert on %2$I referencing new table as came for each statement
            execute function reference_known(%1$L, %3$L, %4$L, %5$L)',
            one.named_in, one.records, one.target, one.key, one.records || '_' || one.named_in || '_known');
        execute format('create trigger %1$s_moved after update on %2$I
            referencing old table as was new table as came for each statement
            execute function reference_known(%1$L, %3$L, %4$L, %5$L)',
            one.named_in, one.records, one.target, one.key, one.records || '_' || one.named_in || '_known');
        execute format('comment on column %1$I.%2$I is %3$L', one.records, one.named_in, concat_ws('; ',
            col_description(one.records::regclass, (select attnum from pg_attribute
                where attrelid = one.records::regclass and attname = one.named_in)),
            format('of %s: kept by triggers that look once for a statement, not by a foreign key', one.target)));
    end loop;

    -- Beside the triggers of 0034, which keep what visits and their records name.
    for one in select target, key, key || ',' || string_agg(
            format('%s,%s,%s', records, named_in, records || '_' || named_in || '_known'), ',' order by records, named_in) as kept
        from named_now group by target, key loop
        execute format('create trigger casework_kept after delete on %I for each row execute function reference_kept(%s)',
            one.target, one.kept);
        execute format('create trigger casework_renumbered after update on %1$I for each row
            when (old.%2$I is distinct from new.%2$I) execute function reference_kept(%3$s)', one.target, one.key, one.kept);
    end loop;
    drop table named_now;
end $$;
-- A table that a foreign key names can't be emptied at once.
create trigger referrals_kept before truncate on referrals for each statement execute function refuse_change();
-- A referral that comes in is written with its step, which needs the identity before: it is reserved.
grant usage on sequence referrals_referral_id_seq to huoyan_api, huoyan_scheduler;
-- Two indexes of one number, of which one does for both: it finds a number and all that begin as one does, in whatever order of texts
-- the database has. Each was written for every row that came in.
alter table review_tasks drop constraint review_tasks_case_no_fkey;
alter table cases drop constraint cases_case_no_key;
alter table measures drop constraint measures_measure_no_key;
alter table major_hazards drop constraint major_hazards_major_hazard_no_key;
drop index cases_number, measures_number, major_hazards_number;
create unique index cases_case_no_key on cases (case_no text_pattern_ops);
create unique index measures_measure_no_key on measures (measure_no text_pattern_ops);
create unique index major_hazards_major_hazard_no_key on major_hazards (major_hazard_no text_pattern_ops);
alter table review_tasks add constraint review_tasks_case_no_fkey foreign key (case_no) references cases (case_no);
