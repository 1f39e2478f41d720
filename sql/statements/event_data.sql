-- $1 shard, $2 events: their data, which was too long to be read along with what is due.
SELECT e.id, e.data FROM callhook.event e
WHERE e.shard = $1 AND e.id = ANY ($2::uuid[])
