-- Has a change of a call been followed by another?  $1 shard, $2 and $3 between which the keys of
-- its changes are, $4 the event
SELECT EXISTS (SELECT FROM callhook.event_key k
               WHERE k.shard = $1 AND k.key >= $2 AND k.key <= $3 AND k.event_id > $4)
