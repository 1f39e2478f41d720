-- Accounts that keep less than others.  $1 shard, $2 after this account, $3 days that others keep, $4 limit
SELECT account_id, retention_days
FROM callhook.account
WHERE shard = $1 AND account_id > $2 AND retention_days < $3::bigint
ORDER BY account_id
LIMIT $4
