-- Keys with which programs call the HTTP API. Only a digest of the secret is kept: what is stolen
-- from here opens nothing. Hosts read the valid ones at most a few seconds before they use them.

CREATE TABLE tenon.api_keys (
    key_id       text        PRIMARY KEY CHECK (key_id ~ '^[0-9a-f]{16}$'),
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    hash         text        NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    permissions  text[]      NOT NULL CHECK (cardinality(permissions) BETWEEN 1 AND 100),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at   timestamptz
);

-- A name says who somebody is in logs, so only one key at a time has it.
CREATE UNIQUE INDEX api_keys_name ON tenon.api_keys (name) WHERE revoked_at IS NULL;

CREATE FUNCTION tenon.create_api_key(
    p_key_id text, p_name text, p_hash text, p_permissions text[], p_seconds bigint
) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    v_expires_at timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
BEGIN
    IF (SELECT count(*) >= 10000 FROM tenon.api_keys AS k WHERE k.revoked_at IS NULL) THEN
        RAISE 'there are 10000 API keys already'
            USING ERRCODE = 'TN409', HINT = 'revoke those that nobody uses';
    END IF;
    INSERT INTO tenon.api_keys (key_id, name, hash, permissions, expires_at)
    VALUES (p_key_id, p_name, p_hash, p_permissions, v_expires_at)
    ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING;
    IF NOT FOUND THEN
        RAISE 'there is an API key named ''%'' already', p_name
            USING ERRCODE = 'TN409', HINT = 'choose another name or revoke it first';
    END IF;
    RETURN v_expires_at;
END
$$;
