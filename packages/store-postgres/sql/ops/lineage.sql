-- lineage: a mark that changes when the engine may have lost writes that it had acknowledged.
-- The cluster's identifier is another after a restore into a new cluster; the timeline is another
-- after a promotion or a recovery to a point in time, and no crash changes either. Only when this
-- session's commits do not wait for the disk does a crash count: it makes the server forget its
-- statistics, which a clean restart does not. Without fsync even that cannot be relied on, so
-- there every start counts.
-- What the server does not let us know is written as '?': see checkHealth.
create or replace function key0_lineage() returns text language plpgsql as $$
declare
  v_cluster text := '?';
  v_timeline text := '?';
  v_crash text := '';
begin
  begin
    select system_identifier::text into strict v_cluster from pg_control_system();
  exception when insufficient_privilege or undefined_function or feature_not_supported then
  end;
  begin
    v_timeline := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
  exception when insufficient_privilege or undefined_function or feature_not_supported
    or object_not_in_prerequisite_state then
  end;
  if current_setting('synchronous_commit') = 'off' or current_setting('fsync') <> 'on'
    or current_setting('full_page_writes') <> 'on'
  then
    begin
      v_crash := '/' || coalesce(
        extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text, '?');
      if current_setting('fsync') <> 'on' or current_setting('full_page_writes') <> 'on' then
        v_crash := v_crash || '/' || extract(epoch from pg_postmaster_start_time())::text;
      end if;
    exception when insufficient_privilege or undefined_function or feature_not_supported then
      v_crash := '/?';
    end;
  end if;
  return v_cluster || '/' || v_timeline || v_crash;
end $$;
