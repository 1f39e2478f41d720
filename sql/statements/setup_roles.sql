-- $1 login of the API, $2 login of the sender: the commands that make the roles which are
-- missing, in order.  A login may be the group role itself.
WITH login (n, name, of) AS (
    VALUES (1, $1::text, 'callhook_api'), (2, $2::text, 'callhook_sender')
)
SELECT c.command FROM (
    SELECT 1, g.n::integer, format('CREATE ROLE %I NOLOGIN', g.name)
    FROM unnest(ARRAY['callhook_owner', 'callhook_api', 'callhook_sender']) WITH ORDINALITY AS g (name, n)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = g.name)
  UNION ALL
    SELECT 2, l.n, CASE WHEN r.rolname IS NULL AND l.name <> l.of
                        THEN format('CREATE ROLE %I LOGIN', l.name)
                        ELSE format('ALTER ROLE %I LOGIN', l.name) END
    FROM login l LEFT JOIN pg_catalog.pg_roles r ON r.rolname = l.name
    WHERE r.rolcanlogin IS NOT TRUE
  UNION ALL
    SELECT 3, l.n, format('GRANT %I TO %I', l.of, l.name)
    FROM login l
    WHERE l.name <> l.of
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members m
                      JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
                      JOIN pg_catalog.pg_roles r ON r.oid = m.member
                      WHERE g.rolname = l.of AND r.rolname = l.name)
) AS c (step, n, command)
ORDER BY c.step, c.n
