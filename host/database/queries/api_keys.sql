-- Keys of the HTTP API. Each `-- name:` becomes tenon::sql::api_keys::<name>.

-- name: create
-- $1 id, $2 name, $3 hash of the secret, $4 permissions text[], $5 seconds that it is valid → when
-- it expires, as ISO 8601
SELECT to_char(
    tenon.create_api_key($1, $2, $3, $4::text[], $5::bigint) AT TIME ZONE 'UTC',
    'YYYY-MM-DD"T"HH24:MI:SS"Z"');

-- name: list
-- → every key that was not revoked: id, name, permissions as a list with commas, created, expires
-- (both ISO 8601), whether it has expired
SELECT k.key_id,
       k.name,
       array_to_string(k.permissions, ','),
       to_char(k.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(k.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       k.expires_at <= clock_timestamp()
FROM tenon.api_keys AS k
WHERE k.revoked_at IS NULL
ORDER BY k.name;

-- name: revoke
-- $1 id or name → the ids that were revoked now
UPDATE tenon.api_keys AS k
SET revoked_at = clock_timestamp()
WHERE k.revoked_at IS NULL
  AND (k.key_id = $1 OR k.name = $1)
RETURNING k.key_id;

-- name: valid
-- → what a host needs of each key that is valid: id, name, hash, permissions as a list with
-- commas, milliseconds until it expires
SELECT k.key_id,
       k.name,
       k.hash,
       array_to_string(k.permissions, ','),
       ceil(extract(epoch FROM k.expires_at - clock_timestamp()) * 1000)::bigint
FROM tenon.api_keys AS k
WHERE k.revoked_at IS NULL
  AND k.expires_at > clock_timestamp();
