// The peer that a Node developer would write well: a cluster, a pool, named
// prepared statements, one transaction a request.
import cluster from 'node:cluster';
import http from 'node:http';
import pg from 'pg';

const [port, workers, poolSize] = process.argv.slice(2).map(Number);

if (cluster.isPrimary) {
  for (let i = 0; i < workers; i++) cluster.fork();
  process.on('SIGTERM', () => process.exit(0));
} else {
  const pool = new pg.Pool({ connectionString: process.env.BENCH_CONNINFO, max: poolSize });
  const event = { name: 'event', text: `INSERT INTO event (account_id, service, event, call_id, data)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id` };
  const outbox = { name: 'outbox', text: `INSERT INTO outbox (event_id, webhook_id)
    SELECT $1, id FROM webhook WHERE account_id = $2 AND service = $3 AND event = $4 AND enabled` };

  async function store(body) {
    const e = JSON.parse(body);
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const r = await client.query(event, [e.account_id, e.service, e.event, e.call_id, JSON.stringify(e.data)]);
      const id = r.rows[0]?.id ?? null;
      let deliveries = 0;
      if (id !== null) {
        deliveries = (await client.query(outbox, [id, e.account_id, e.service, e.event])).rowCount;
      }
      await client.query('COMMIT');
      return { id, deliveries, duplicate: id === null };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }

  http.createServer((req, res) => {
    const parts = [];
    req.on('data', (p) => parts.push(p));
    req.on('end', () => {
      store(Buffer.concat(parts)).then(
        (answer) => res.writeHead(202, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer)),
        () => res.writeHead(503).end());
    });
  }).listen(port, '127.0.0.1');
}
