-- $1 table, $2 day (2026-11-22), $3 lowest id, $4 lowest id of the next day
SELECT callhook.partition_make($1, $2::text::date, $3, $4)
