-- How far it came with counting.  $1 shard, $2 epoch, $3 recovery, $4 up to this attempt, $5 so many
-- more.  Does it go on?  No row when it was stopped meanwhile.
UPDATE callhook.recovery r
SET counted = $4, found = r.found + $5
FROM callhook.shard_owner s
WHERE s.shard = $1 AND s.epoch = $2 AND r.shard = $1 AND r.id = $3 AND r.state = 'running'
RETURNING true
