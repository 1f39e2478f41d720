<?php
/*
 * The peer that a PHP developer would write well: persistent connection,
 * prepared statements, one transaction a request.
 */
function refuse(int $status, string $why): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode(['error' => $why]);
    exit;
}

$db = pg_pconnect(getenv('BENCH_CONNINFO') ?: $_SERVER['BENCH_CONNINFO']);
if (!$db) {
    refuse(503, 'database');
}
// A prepared statement lives as long as the persistent connection.
$known = pg_query($db, "SELECT 1 FROM pg_prepared_statements WHERE name = 'event'");
if (pg_num_rows($known) === 0) {
    pg_prepare($db, 'event', 'INSERT INTO event (account_id, service, event, call_id, data) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING RETURNING id');
    pg_prepare($db, 'outbox', 'INSERT INTO outbox (event_id, webhook_id)
        SELECT $1, id FROM webhook WHERE account_id = $2 AND service = $3 AND event = $4 AND enabled');
}
$in = json_decode(file_get_contents('php://input'), true, 64);
if (!is_array($in) || !isset($in['account_id'], $in['service'], $in['event'], $in['call_id'], $in['data'])) {
    refuse(422, 'body');
}
pg_query($db, 'BEGIN');
$r = pg_execute($db, 'event', [$in['account_id'], $in['service'], $in['event'], $in['call_id'],
    json_encode($in['data'], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES)]);
$id = $r ? pg_fetch_result($r, 0, 0) : false;
$n = 0;
if ($id !== false) {
    $n = pg_affected_rows(pg_execute($db, 'outbox', [$id, $in['account_id'], $in['service'], $in['event']]));
}
if (!pg_query($db, 'COMMIT')) {
    refuse(503, 'commit');
}
http_response_code(202);
header('Content-Type: application/json');
echo json_encode(['id' => $id, 'deliveries' => $n, 'duplicate' => $id === false]);
