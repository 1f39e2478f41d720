-- The schema from the start.  Rules (doc/DESIGN.md, "PostgreSQL"): every key and
-- unique index begins with shard; ids are UUIDv7 made by the programs; no
-- sequences, triggers or volatile defaults, so that the same schema can be
-- distributed by shard.  The group roles callhook_owner, callhook_api and
-- callhook_sender exist already (callhookctl setup).

CREATE SCHEMA callhook AUTHORIZATION callhook_owner;
GRANT USAGE ON SCHEMA callhook TO callhook_api, callhook_sender;
SET LOCAL ROLE callhook_owner;

-- What was applied here; shard is always 0.  needs: the schema that a program has to know to
-- work with this one (NULL: this one), so that older ones go on when a migration only adds.
CREATE TABLE callhook.migration (
    shard      smallint    NOT NULL CHECK (shard = 0),
    number     integer     NOT NULL,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL,
    needs      integer,
    PRIMARY KEY (shard, number)
);

-- settings: the JSON of hook/webhook.h, as the API takes it.  service: 0
-- calltracking, 1 callkeeper.  events: bits, 1 call_start, 2 call_end,
-- 4 call_change.  filters: hook/filter.h, what ingest asks of a call; NULL: nothing.  auth: the
-- password or token of the settings, sealed (core/vault.h).
-- disabled_reason: why the sender switched it off (enabled is false then).
-- paused_at: events are collected since, and nothing is sent.
CREATE TABLE callhook.webhook (
    shard      smallint    NOT NULL,
    id         uuid        NOT NULL,
    account_id bigint      NOT NULL,
    service    smallint    NOT NULL,
    events     smallint    NOT NULL,
    enabled    boolean     NOT NULL,
    version    integer     NOT NULL,
    settings   text        NOT NULL,
    filters    text,
    auth       bytea,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    disabled_reason text CHECK (disabled_reason IS NULL OR
        (disabled_reason IN ('gone', 'failing') AND NOT enabled)),
    paused_at  timestamptz,
    PRIMARY KEY (shard, id)
);
CREATE INDEX webhook_account ON callhook.webhook (shard, account_id, service, id);

-- Every saved version: audit, and how an old request is shown again.  address and
-- request_id: of the request that made it; NULL when the sender did.
CREATE TABLE callhook.webhook_version (
    shard      smallint    NOT NULL,
    webhook_id uuid        NOT NULL,
    version    integer     NOT NULL,
    account_id bigint      NOT NULL,
    action     text        NOT NULL CHECK (action IN ('created', 'changed', 'deleted', 'disabled', 'secret', 'secret_deleted',
                                                         'paused', 'resumed', 'restored')),
    who        text        NOT NULL,
    at         timestamptz NOT NULL,
    address    text,
    request_id text,
    settings   text        NOT NULL,
    PRIMARY KEY (shard, webhook_id, version)
);

-- The counters of a webhook, apart from its settings: these rows change with
-- every batch of the sender, those only by hand.  failing_since: the first
-- failed attempt since anything was delivered.
CREATE TABLE callhook.webhook_stat (
    shard        smallint    NOT NULL,
    webhook_id   uuid        NOT NULL,
    sent_ok      bigint      NOT NULL,
    sent_failed  bigint      NOT NULL,
    last_at      timestamptz,
    last_outcome text,
    last_status  smallint,
    failing_since timestamptz,
    PRIMARY KEY (shard, webhook_id)
) WITH (fillfactor = 50);

-- What a webhook's requests are signed with.  sealed: AES-256-GCM under a key that is
-- not in the database (core/vault.h), bound to webhook_id.  kind: 0 HMAC-SHA256,
-- 1 Ed25519.  expires_at NULL: the present one; others sign along until then.
CREATE TABLE callhook.webhook_secret (
    shard      smallint    NOT NULL,
    webhook_id uuid        NOT NULL,
    id         uuid        NOT NULL,
    kind       smallint    NOT NULL,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (shard, webhook_id, id)
);

-- What an account may do, where it is not what the configuration says (NULL).
-- services: bits, 1 calltracking, 2 callkeeper.  Whoever makes a webhook locks the row,
-- and makes an empty one when there is none, so that nobody else counts meanwhile.
CREATE TABLE callhook.account (
    shard             smallint NOT NULL,
    account_id        bigint   NOT NULL,
    webhooks          integer  CHECK (webhooks >= 0),
    events_per_second integer  CHECK (events_per_second >= 0),
    retention_days    integer  CHECK (retention_days >= 1),
    services          smallint CHECK (services BETWEEN 1 AND 3),
    PRIMARY KEY (shard, account_id)
);
CREATE INDEX account_rate ON callhook.account (shard, account_id) WHERE events_per_second IS NOT NULL;

-- Answers to POSTs that named an Idempotency-Key, for a day.  key and request: SHA-256.
-- status NULL: the request is in work since at.  body: sealed (core/vault.h) where it has a secret.
CREATE TABLE callhook.idempotency (
    shard      smallint    NOT NULL,
    account_id bigint      NOT NULL,
    key        bytea       NOT NULL,
    request    bytea       NOT NULL,
    at         timestamptz NOT NULL,
    status     smallint,
    headers    text,
    body       bytea,
    PRIMARY KEY (shard, account_id, key)
);

-- account_id NULL: a key of the platform, for the events of all accounts (shard 0).
CREATE TABLE callhook.api_key (
    shard        smallint    NOT NULL,
    prefix       text        NOT NULL,
    sha256       bytea       NOT NULL,
    account_id   bigint,
    scopes       text[]      NOT NULL,
    label        text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (shard, prefix)
);

-- What makes a repeated post known.
CREATE TABLE callhook.event_key (
    shard    smallint NOT NULL,
    key      uuid     NOT NULL,
    event_id uuid     NOT NULL,
    PRIMARY KEY (shard, key)
);

-- One row per event, by day of its id; data as received.
CREATE TABLE callhook.event (
    shard       smallint    NOT NULL,
    service     smallint    NOT NULL,
    kind        smallint    NOT NULL,
    account_id  bigint      NOT NULL,
    id          uuid        NOT NULL,
    occurred_at timestamptz,
    call_id     text        NOT NULL,
    data        bytea       NOT NULL,
    PRIMARY KEY (shard, id)
) PARTITION BY RANGE (id);
CREATE TABLE callhook.event_default PARTITION OF callhook.event DEFAULT;

-- The deliveries that are owed: narrow, no payload, no foreign keys.
CREATE TABLE callhook.outbox (
    shard      smallint    NOT NULL,
    kind       smallint    NOT NULL,
    attempt    smallint    NOT NULL,    -- done so far
    due        timestamptz NOT NULL,
    call       bigint      NOT NULL,    -- hash: start and end of one call share it
    id         uuid        NOT NULL,    -- of the delivery, on the wire as webhook-id
    webhook_id uuid        NOT NULL,
    event_id   uuid        NOT NULL,
    PRIMARY KEY (shard, id)
) WITH (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = 50000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX outbox_lane ON callhook.outbox (shard, webhook_id, due, id);

-- One row per attempt, by day of its id; also one for what ended without a
-- request (superseded, expired, cancelled).  error: class of failure, a word.
-- Timings in microseconds from the start of the request.
CREATE TABLE callhook.attempt (
    shard           smallint    NOT NULL,
    n               smallint    NOT NULL,
    status          smallint    NOT NULL,    -- HTTP status, 0: no answer
    webhook_version integer     NOT NULL,
    id              uuid        NOT NULL,
    webhook_id      uuid        NOT NULL,
    delivery_id     uuid        NOT NULL,
    event_id        uuid        NOT NULL,
    at              timestamptz NOT NULL,
    outcome         text        NOT NULL,
    error           text,
    detail          text,                    -- where a redirect leads, what curl said
    address         text,                    -- connected to
    dns_us          integer,
    connect_us      integer,
    tls_us          integer,
    first_byte_us   integer,
    total_us        integer,
    response        bytea,                   -- excerpt: status line, headers, body
    PRIMARY KEY (shard, webhook_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE callhook.attempt_default PARTITION OF callhook.attempt DEFAULT;
CREATE INDEX attempt_delivery ON callhook.attempt (shard, delivery_id, id);

-- What was sent in an hour (counted since 1970) by one webhook: written with the
-- results.  buckets: how many answers took how long (hook/latency.h), answer_us the sum.
CREATE TABLE callhook.webhook_hour (
    shard           smallint NOT NULL,
    service         smallint NOT NULL,
    hour            integer  NOT NULL,
    account_id      bigint   NOT NULL,
    webhook_id      uuid     NOT NULL,
    delivered       bigint   NOT NULL,
    failed          bigint   NOT NULL,
    attempts        bigint   NOT NULL,
    failed_attempts bigint   NOT NULL,
    answer_us       bigint   NOT NULL,
    buckets         integer[] NOT NULL,
    PRIMARY KEY (shard, account_id, hour, webhook_id)
) WITH (fillfactor = 50);

-- A request that somebody waits for, until expires_at; one of an account at a time.
-- webhook_id: whose secrets sign it; of settings that are not saved: the id itself.
-- The sender fills in the rest, with the meanings of attempt.
CREATE TABLE callhook.trial (
    shard      smallint    NOT NULL,
    service    smallint    NOT NULL,
    kind       smallint    NOT NULL,
    account_id bigint      NOT NULL,
    id         uuid        NOT NULL,
    webhook_id uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    call_id    text        NOT NULL,
    settings   text        NOT NULL,
    auth       bytea,
    data       bytea       NOT NULL,
    done_at    timestamptz,
    at         timestamptz,
    outcome    text,
    status     smallint,
    error      text,
    detail     text,
    address    text,
    dns_us        integer,
    connect_us    integer,
    tls_us        integer,
    first_byte_us integer,
    total_us      integer,
    response   bytea,
    PRIMARY KEY (shard, account_id)
);
CREATE INDEX trial_open ON callhook.trial (shard) WHERE done_at IS NULL;

-- All deliveries of a webhook that failed between two times are to be made once more.
-- counted: up to which attempt they were counted first; looked: up to which that was seen to.
-- There it goes on.
CREATE TABLE callhook.recovery (
    shard       smallint    NOT NULL,
    account_id  bigint      NOT NULL,
    id          uuid        NOT NULL,
    webhook_id  uuid        NOT NULL,
    counted     uuid        NOT NULL,
    looked      uuid        NOT NULL,
    found       bigint      NOT NULL,
    resent      bigint      NOT NULL,
    since       timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    state       text        NOT NULL CHECK (state IN ('running', 'done', 'cancelled')),
    who         text        NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX recovery_webhook ON callhook.recovery (shard, webhook_id, id);
CREATE UNIQUE INDEX recovery_running ON callhook.recovery (shard, webhook_id) WHERE state = 'running';

-- Who sends a shard.  epoch grows with every change of hands; whoever settles
-- names the epoch that he was given.
CREATE TABLE callhook.shard_owner (
    shard       smallint    NOT NULL,
    owner       uuid,
    epoch       bigint      NOT NULL,
    PRIMARY KEY (shard)
) WITH (fillfactor = 50);
INSERT INTO callhook.shard_owner (shard, epoch) SELECT generate_series(0, 63), 0;

-- Heartbeats of senders; shard is always 0.
CREATE TABLE callhook.sender (
    shard      smallint    NOT NULL CHECK (shard = 0),
    id         uuid        NOT NULL,
    host       text        NOT NULL,
    pid        integer     NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    shards     integer     NOT NULL,
    in_flight  integer     NOT NULL,
    figures    text,                    -- JSON, what it has counted (doc/OPERATION.md)
    PRIMARY KEY (shard, id)
) WITH (fillfactor = 50);

-- A day's partition of event or attempt; p_low and p_high are UUIDv7 bounds.
-- Rows which the default partition took meanwhile are moved along.
CREATE FUNCTION callhook.partition_make(p_table text, p_day date, p_low uuid, p_high uuid)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_name text := p_table || '_' || to_char(p_day, 'YYYYMMDD');
    v_default text := p_table || '_default';
    v_late boolean;
BEGIN
    IF p_table NOT IN ('event', 'attempt') THEN
        RAISE EXCEPTION 'not a partitioned table: %', p_table;
    END IF;
    IF to_regclass(format('callhook.%I', v_name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM callhook.%I WHERE id >= $1 AND id < $2)', v_default)
        INTO v_late USING p_low, p_high;
    IF v_late THEN
        EXECUTE format('ALTER TABLE callhook.%I DETACH PARTITION callhook.%I', p_table, v_default);
    END IF;
    EXECUTE format('CREATE TABLE callhook.%I PARTITION OF callhook.%I FOR VALUES FROM (%L) TO (%L)',
        v_name, p_table, p_low, p_high);
    IF v_late THEN
        EXECUTE format('WITH moved AS (DELETE FROM callhook.%I WHERE id >= $1 AND id < $2 RETURNING *) '
            'INSERT INTO callhook.%I SELECT * FROM moved', v_default, p_table) USING p_low, p_high;
        EXECUTE format('ALTER TABLE callhook.%I ATTACH PARTITION callhook.%I DEFAULT', p_table, v_default);
    END IF;
    RETURN true;
END $$;

-- Drops a day's partition; not an event's while a delivery of it is owed.
CREATE FUNCTION callhook.partition_drop(p_table text, p_day date, p_low uuid, p_high uuid)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_name text := p_table || '_' || to_char(p_day, 'YYYYMMDD');
BEGIN
    IF p_table NOT IN ('event', 'attempt') THEN
        RAISE EXCEPTION 'not a partitioned table: %', p_table;
    END IF;
    IF p_table = 'event' AND EXISTS (SELECT FROM callhook.outbox
            WHERE event_id >= p_low AND event_id < p_high) THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE callhook.%I', v_name);
    RETURN true;
END $$;

-- Row level security is the second wall behind the account in every
-- statement: the API's role sees the account or the scope that its transaction
-- names (SET LOCAL callhook.account_id, callhook.scope), and nothing otherwise.
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['webhook', 'webhook_version', 'account', 'idempotency', 'api_key', 'event', 'webhook_hour',
            'trial', 'recovery'] LOOP
        EXECUTE format('CREATE POLICY account ON callhook.%I TO callhook_api '
            'USING (account_id = nullif(current_setting(''callhook.account_id'', true), '''')::bigint)', v_table);
    END LOOP;
    -- Version 1, because it is there: nobody can make a webhook his own by a version of his.
    -- OFFSET 0: a probe of an index for each row that is read, never a hash of all versions.
    FOREACH v_table IN ARRAY ARRAY['webhook_stat', 'webhook_secret', 'attempt'] LOOP
        EXECUTE format('CREATE POLICY account ON callhook.%I TO callhook_api '
            'USING (EXISTS (SELECT FROM callhook.webhook_version v WHERE v.shard = %I.shard '
            'AND v.webhook_id = %I.webhook_id AND v.version = 1 OFFSET 0))', v_table, v_table, v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['webhook', 'webhook_version', 'account', 'idempotency', 'webhook_stat', 'webhook_secret', 'api_key',
            'event_key', 'event', 'outbox', 'attempt', 'webhook_hour', 'trial', 'recovery'] LOOP
        EXECUTE format('ALTER TABLE callhook.%I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('ALTER TABLE callhook.%I FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY owner ON callhook.%I TO callhook_owner USING (true)', v_table);
        EXECUTE format('CREATE POLICY sender ON callhook.%I TO callhook_sender USING (true)', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['event_key', 'outbox'] LOOP
        EXECUTE format('CREATE POLICY events ON callhook.%I TO callhook_api '
            'USING (current_setting(''callhook.scope'', true) = ''events'')', v_table);
    END LOOP;
END $$;
CREATE POLICY events ON callhook.account FOR SELECT TO callhook_api
    USING (current_setting('callhook.scope', true) = 'events');
CREATE POLICY events ON callhook.webhook FOR SELECT TO callhook_api
    USING (current_setting('callhook.scope', true) = 'events');
CREATE POLICY events ON callhook.event FOR INSERT TO callhook_api
    WITH CHECK (current_setting('callhook.scope', true) = 'events');
-- An account sees what it is owed.  Not for INSERT: the ingest, which inserts, has no use
-- for another condition on every row.
CREATE POLICY owed ON callhook.outbox FOR SELECT TO callhook_api
    USING (EXISTS (SELECT FROM callhook.webhook_version v WHERE v.shard = outbox.shard
                   AND v.webhook_id = outbox.webhook_id AND v.version = 1 OFFSET 0));
CREATE POLICY auth ON callhook.api_key FOR SELECT TO callhook_api
    USING (current_setting('callhook.scope', true) = 'auth');
CREATE POLICY auth_used ON callhook.api_key FOR UPDATE TO callhook_api
    USING (current_setting('callhook.scope', true) = 'auth');

GRANT SELECT ON callhook.migration TO callhook_api, callhook_sender;
GRANT SELECT, INSERT, DELETE, UPDATE (service, events, enabled, version, settings, filters, auth, updated_at,
    disabled_reason, paused_at) ON callhook.webhook TO callhook_api;
GRANT SELECT, INSERT ON callhook.webhook_version TO callhook_api;
GRANT SELECT, DELETE ON callhook.webhook_stat TO callhook_api;
GRANT SELECT, INSERT, DELETE, UPDATE (expires_at) ON callhook.webhook_secret TO callhook_api;
GRANT SELECT, INSERT, UPDATE (label, revoked_at, last_used_at) ON callhook.api_key TO callhook_api;
GRANT SELECT, INSERT (shard, account_id), UPDATE (account_id) ON callhook.account TO callhook_api;
GRANT SELECT, INSERT, DELETE, UPDATE (request, at, status, headers, body) ON callhook.idempotency TO callhook_api;
GRANT SELECT, INSERT ON callhook.event_key, callhook.event TO callhook_api;
GRANT SELECT ON callhook.sender TO callhook_api;
GRANT SELECT, INSERT ON callhook.outbox TO callhook_api;
GRANT SELECT ON callhook.attempt TO callhook_api;
GRANT SELECT ON callhook.webhook_hour TO callhook_api;
GRANT SELECT, INSERT, DELETE, UPDATE (id, webhook_id, service, kind, call_id, settings, auth, data, expires_at, done_at, at,
    outcome, status, error, detail, address, dns_us, connect_us, tls_us, first_byte_us, total_us, response)
    ON callhook.trial TO callhook_api;
GRANT SELECT, INSERT, UPDATE (state, finished_at) ON callhook.recovery TO callhook_api;

GRANT SELECT ON callhook.webhook, callhook.webhook_version, callhook.webhook_secret,
    callhook.event, callhook.event_key TO callhook_sender;
GRANT UPDATE (enabled, settings, version, updated_at, disabled_reason) ON callhook.webhook TO callhook_sender;
GRANT INSERT ON callhook.webhook_version TO callhook_sender;
GRANT SELECT, INSERT, UPDATE (sent_ok, sent_failed, last_at, last_outcome, last_status, failing_since)
    ON callhook.webhook_stat TO callhook_sender;
GRANT SELECT, INSERT, DELETE, UPDATE (due, attempt) ON callhook.outbox TO callhook_sender;
GRANT SELECT, INSERT ON callhook.attempt TO callhook_sender;
GRANT SELECT, INSERT, UPDATE (delivered, failed, attempts, failed_attempts, answer_us, buckets)
    ON callhook.webhook_hour TO callhook_sender;
GRANT SELECT, UPDATE (done_at, at, outcome, status, error, detail, address, dns_us, connect_us, tls_us, first_byte_us,
    total_us, response) ON callhook.trial TO callhook_sender;
GRANT SELECT, UPDATE (counted, looked, found, resent, state, finished_at) ON callhook.recovery TO callhook_sender;
GRANT SELECT ON callhook.shard_owner TO callhook_api;
GRANT SELECT, UPDATE (owner, epoch) ON callhook.shard_owner TO callhook_sender;
GRANT SELECT, INSERT, DELETE, UPDATE (seen_at, shards, in_flight, figures) ON callhook.sender TO callhook_sender;
