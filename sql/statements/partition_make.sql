-- $1 table, $2 day, $3 lowest id, $4 lowest id of the next day
SELECT callhook.partition_make($1, $2::date, $3, $4)
