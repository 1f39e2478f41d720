-- event_targets for one shard of a distributed database.  $1 shard, $2 accounts, $3 services, $4 kinds
SELECT u.n::integer, w.id, w.filters, w.events
FROM unnest($2::bigint[], $3::smallint[], $4::smallint[]) WITH ORDINALITY AS u (account_id, service, kind, n)
JOIN callhook.webhook w ON w.shard = $1 AND w.account_id = u.account_id AND w.service = u.service
    AND w.enabled AND (w.events & u.kind) <> 0
