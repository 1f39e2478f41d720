// graphile-worker and pg-boss delivering the same bodies with fetch (undici keeps connections alive).
// Usage: drain.mjs graphile-worker|pg-boss URL COUNT CONCURRENCY fill|drain
import pg from 'pg';

const [which, url, countText, concurrencyText, step] = process.argv.slice(2);
const count = Number(countText);
const concurrency = Number(concurrencyText);
const connectionString = process.env.BENCH_CONNINFO;
const body = process.env.BENCH_BODY;
let done = 0;
let failed = 0;
let started = 0;
let finish;
const finished = new Promise((resolve) => { finish = resolve; });

async function deliver(payload) {
  started ||= performance.now();
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(payload) });
  await answer.arrayBuffer();
  if (answer.status !== 200) failed++;
  if (++done === count) finish();
}

async function graphile() {
  const { run, runMigrations, Logger } = await import('graphile-worker');
  const logger = new Logger(() => () => {});
  const pool = new pg.Pool({ connectionString, max: 10 });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  if (step === 'fill') {
    await runMigrations({ pgPool: pool, logger });
    await pool.query(`SELECT graphile_worker.add_jobs(array(SELECT ('deliver', $1::json, NULL, NULL, NULL, NULL, NULL, NULL)
      ::graphile_worker.job_spec FROM generate_series(1, $2)))`, [body, count]);
    await pool.end();
    return;
  }
  const runner = await run({ pgPool: pool, logger, concurrency, noHandleSignals: true,
    preset: { worker: { localQueue: { size: concurrency * 8 }, completeJobBatchDelay: 5, failJobBatchDelay: 5 } },
    taskList: { deliver } });
  await finished;
  report();
  await runner.stop();
}

async function boss() {
  const module = await import('pg-boss');
  const PgBoss = module.default ?? module.PgBoss;
  const b = new PgBoss({ connectionString, max: 10, supervise: false, schedule: false });
  b.on('error', () => {});
  await b.start();
  if (step === 'fill') {
    await b.createQueue('deliver');
    for (let i = 0; i < count; i += 1000) {
      await b.insert(Array.from({ length: Math.min(1000, count - i) }, () => ({ name: 'deliver', data: JSON.parse(body) })));
    }
    await b.stop();
    return;
  }
  for (let i = 0; i < 4; i++) {
    await b.work('deliver', { batchSize: 250, pollingIntervalSeconds: 0.5 }, async (jobs) => {
      let next = 0;
      await Promise.all(Array.from({ length: Math.ceil(concurrency / 4) }, async () => {
        while (next < jobs.length) await deliver(jobs[next++].data);
      }));
    });
  }
  await finished;
  report();
}

function report() {
  console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, failed,
    rss_mb: process.resourceUsage().maxRSS / 1024 }));
}

await (which === 'pg-boss' ? boss() : graphile());
process.exit(0);
