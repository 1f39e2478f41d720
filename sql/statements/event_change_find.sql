-- The changes of a call, the newest first.  $1 shard, $2 and $3 between which their keys are,
-- $4 at most so many
SELECT k.key, k.event_id FROM callhook.event_key k
WHERE k.shard = $1 AND k.key >= $2 AND k.key <= $3
ORDER BY k.event_id DESC LIMIT $4
