-- What the ingest peers write: the shape of one careful afternoon.  The same rows as callhook's, in one transaction a request.
CREATE TABLE webhook (id bigint PRIMARY KEY, account_id bigint NOT NULL, service text NOT NULL, event text NOT NULL, url text NOT NULL, enabled boolean NOT NULL DEFAULT true);
CREATE INDEX ON webhook (account_id, service);
CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL, service text NOT NULL, event text NOT NULL, call_id text NOT NULL, data jsonb NOT NULL, at timestamptz NOT NULL DEFAULT now(), UNIQUE (account_id, service, event, call_id));
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id bigint NOT NULL, webhook_id bigint NOT NULL, due timestamptz NOT NULL DEFAULT now(), attempt int NOT NULL DEFAULT 0);
CREATE INDEX ON outbox (due);
INSERT INTO webhook VALUES (1, 10234, 'calltracking', 'call_end', 'http://127.0.0.1/a'), (2, 10234, 'calltracking', 'call_end', 'http://127.0.0.1/b');
