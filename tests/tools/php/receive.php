<?php
// What a customer's script sees: one JSON line a request into $LEDGER.
declare(strict_types=1);

$raw = file_get_contents('php://input');
$line = json_encode([
    'time' => microtime(true),
    'method' => $_SERVER['REQUEST_METHOD'],
    'target' => $_SERVER['REQUEST_URI'],
    'headers' => getallheaders(),
    'get' => $_GET,
    'post' => $_POST,
    'body' => base64_encode($raw),
    'sha256' => hash('sha256', $raw),
], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);

if (file_put_contents($_SERVER['LEDGER'], $line . "\n", FILE_APPEND | LOCK_EX) === false) {
    http_response_code(500);
    exit('cannot write the ledger');
}
header('Content-Type: text/plain');
echo "ok\n";
