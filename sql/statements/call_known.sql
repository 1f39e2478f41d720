-- How many of these events are the account's?  $1 shard, $2 account, $3 events
SELECT count(*) FROM callhook.event e
WHERE e.shard = $1 AND e.account_id = $2 AND e.id = ANY ($3::uuid[])
