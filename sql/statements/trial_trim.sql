-- $1 shard, $2 time: forgets tests whose answer nobody fetched
DELETE FROM callhook.trial WHERE shard = $1 AND expires_at < $2
