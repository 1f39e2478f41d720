-- How far it came with putting back.  $1 shard, $2 epoch, $3 recovery, $4 up to this attempt, $5 deliveries put back,
-- $6 state from now on, $7 now.  Does it go on?  No row when it was stopped meanwhile.
UPDATE callhook.recovery r
SET looked = $4, found = greatest(r.found, r.resent + $5), resent = r.resent + $5, state = $6,
    finished_at = CASE WHEN $6 = 'running' THEN NULL ELSE $7::timestamptz END
FROM callhook.shard_owner s
WHERE s.shard = $1 AND s.epoch = $2 AND r.shard = $1 AND r.id = $3 AND r.state = 'running'
RETURNING r.state = 'running'
