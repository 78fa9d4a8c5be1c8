-- Checks a JSON value against a JSON Schema, inside the database, so that a task's context is
-- checked by whoever submits it, a plain SQL client included.
--
-- Vocabulary: type, enum, const, properties, required, additionalProperties, minProperties,
-- maxProperties, items, minItems, maxItems, uniqueItems, minLength, maxLength, pattern (with
-- PostgreSQL's regular expressions), minimum, maximum, exclusiveMinimum, exclusiveMaximum,
-- multipleOf, allOf, anyOf, oneOf, not, if/then/else, $ref to a place in the same schema.
-- Annotations (title, default, format, …) say nothing. A keyword that would restrict the value but
-- is not known here is an error of the schema (TN400), never silently true.
--
-- An object with a few typed properties costs about 20 µs.

-- The keywords of JSON Schema that restrict a value and are not known here.
CREATE FUNCTION tenon._unsupported_keywords()
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY['patternProperties', 'propertyNames', 'contains', 'prefixItems',
                 'additionalItems', 'dependencies', 'dependentRequired', 'dependentSchemas',
                 'unevaluatedItems', 'unevaluatedProperties', '$dynamicRef', '$recursiveRef'];
$$;

-- Quotes a value for a sentence, shortened.
CREATE FUNCTION tenon._excerpt(value jsonb)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN length(value::text) > 80 THEN left(value::text, 77) || '...'
                ELSE value::text END;
$$;

-- One more token of a JSON pointer (RFC 6901).
CREATE FUNCTION tenon._pointer(path text, token text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT path || '/' || replace(replace(token, '~', '~0'), '/', '~1');
$$;

-- True when value is of the named JSON Schema type; 6.0 is an integer.
CREATE FUNCTION tenon._is_of_type(value jsonb, type_name text)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE type_name
               WHEN 'integer' THEN
                   CASE jsonb_typeof(value)
                       WHEN 'number' THEN trunc(value::numeric) = value::numeric
                       ELSE false
                   END
               ELSE jsonb_typeof(value) = type_name
           END;
$$;

-- The schema that a local reference (#, #/$defs/name, …) names.
CREATE FUNCTION tenon._referenced_schema(root jsonb, reference text)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    tokens text[];
    target jsonb;
BEGIN
    IF reference = '#' THEN
        RETURN root;
    END IF;
    IF reference LIKE '#/%' THEN
        SELECT array_agg(replace(replace(t.token, '~1', '/'), '~0', '~') ORDER BY t.position)
        INTO tokens
        FROM string_to_table(substr(reference, 3), '/') WITH ORDINALITY AS t (token, position);
        target := root #> tokens;
    END IF;
    IF target IS NULL THEN
        RAISE EXCEPTION 'schema refers to "%", which it does not contain', reference
            USING ERRCODE = 'TN400', HINT = 'refer to a place within it, such as #/$defs/name';
    END IF;
    RETURN target;
END
$$;

-- What is wrong with value as a number, a string, an array's or an object's size: the keywords
-- that need no recursion. NULL when nothing is.
CREATE FUNCTION tenon._limit_violation(schema jsonb, value jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    number numeric;
    size   bigint;
    noun   text;
    lower_bound text;
    upper_bound text;
BEGIN
    CASE jsonb_typeof(value)
    WHEN 'number' THEN
        number := value::numeric;
        IF number < (schema -> 'minimum')::numeric THEN
            RETURN format('is %s, expected at least %s', number, schema -> 'minimum');
        ELSIF number > (schema -> 'maximum')::numeric THEN
            RETURN format('is %s, expected at most %s', number, schema -> 'maximum');
        ELSIF number <= (schema -> 'exclusiveMinimum')::numeric THEN
            RETURN format('is %s, expected more than %s', number, schema -> 'exclusiveMinimum');
        ELSIF number >= (schema -> 'exclusiveMaximum')::numeric THEN
            RETURN format('is %s, expected less than %s', number, schema -> 'exclusiveMaximum');
        ELSIF (schema -> 'multipleOf')::numeric <= 0 THEN
            RAISE EXCEPTION 'schema has multipleOf %', schema -> 'multipleOf'
                USING ERRCODE = 'TN400', HINT = 'multipleOf must be greater than 0';
        ELSIF mod(number, (schema -> 'multipleOf')::numeric) <> 0 THEN
            RETURN format('is %s, expected a multiple of %s', number, schema -> 'multipleOf');
        END IF;
        RETURN NULL;
    WHEN 'string' THEN
        IF (value #>> '{}') !~ (schema ->> 'pattern') THEN
            RETURN format('is %s, expected to match the pattern %s',
                          tenon._excerpt(value), schema ->> 'pattern');
        END IF;
        size := char_length(value #>> '{}');
        noun := 'characters'; lower_bound := 'minLength'; upper_bound := 'maxLength';
    WHEN 'array' THEN
        size := jsonb_array_length(value);
        noun := 'items'; lower_bound := 'minItems'; upper_bound := 'maxItems';
        IF schema @> '{"uniqueItems": true}'
           AND size > (SELECT count(DISTINCT item)
                       FROM jsonb_array_elements(value) AS e (item)) THEN
            RETURN 'has equal items, expected all to differ';
        END IF;
    WHEN 'object' THEN
        size := (SELECT count(*) FROM jsonb_object_keys(value));
        noun := 'properties'; lower_bound := 'minProperties'; upper_bound := 'maxProperties';
    ELSE
        RETURN NULL;
    END CASE;
    IF size < (schema -> lower_bound)::numeric THEN
        RETURN format('has %s %s, expected at least %s', size, noun, schema -> lower_bound);
    ELSIF size > (schema -> upper_bound)::numeric THEN
        RETURN format('has %s %s, expected at most %s', size, noun, schema -> upper_bound);
    END IF;
    RETURN NULL;
END
$$;

-- What is wrong with value in the light of allOf, anyOf, oneOf, not, if/then/else and $ref.
CREATE FUNCTION tenon._combined_violation(
    root jsonb, schema jsonb, value jsonb, path text, depth integer
)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    branch    jsonb;
    violation text;
    first     text;
    matches   integer := 0;
BEGIN
    IF schema ? '$ref' THEN
        violation := tenon._schema_violation(
            root, tenon._referenced_schema(root, schema ->> '$ref'), value, path, depth + 1);
        IF violation IS NOT NULL THEN
            RETURN violation;
        END IF;
    END IF;
    FOR branch IN SELECT jsonb_array_elements(schema -> 'allOf') LOOP
        violation := tenon._schema_violation(root, branch, value, path, depth + 1);
        IF violation IS NOT NULL THEN
            RETURN violation;
        END IF;
    END LOOP;
    IF schema ? 'anyOf' THEN
        FOR branch IN SELECT jsonb_array_elements(schema -> 'anyOf') LOOP
            violation := tenon._schema_violation(root, branch, value, path, depth + 1);
            EXIT WHEN violation IS NULL;
            first := coalesce(first, violation);
        END LOOP;
        IF violation IS NOT NULL THEN
            RETURN format('%s: matches none of the %s alternatives of anyOf (first: %s)',
                          path, jsonb_array_length(schema -> 'anyOf'), ltrim(first, ': '));
        END IF;
    END IF;
    IF schema ? 'oneOf' THEN
        FOR branch IN SELECT jsonb_array_elements(schema -> 'oneOf') LOOP
            violation := tenon._schema_violation(root, branch, value, path, depth + 1);
            matches := matches + (violation IS NULL)::integer;
        END LOOP;
        IF matches <> 1 THEN
            RETURN format('%s: matches %s of the %s alternatives of oneOf, expected exactly 1',
                          path, matches, jsonb_array_length(schema -> 'oneOf'));
        END IF;
    END IF;
    IF schema ? 'not'
       AND tenon._schema_violation(root, schema -> 'not', value, path, depth + 1) IS NULL THEN
        RETURN format('%s: is %s, expected not to match %s',
                      path, tenon._excerpt(value), tenon._excerpt(schema -> 'not'));
    END IF;
    IF schema ? 'if' THEN
        branch := CASE
            WHEN tenon._schema_violation(root, schema -> 'if', value, path, depth + 1) IS NULL
                THEN schema -> 'then'
            ELSE schema -> 'else'
        END;
        RETURN tenon._schema_violation(root, branch, value, path, depth + 1);
    END IF;
    RETURN NULL;
END
$$;

-- What is wrong with the members of an object. Every expression is a simple one, which PL/pgSQL
-- evaluates without starting a query: this is the path of every submitted task.
CREATE FUNCTION tenon._member_violation(
    root jsonb, schema jsonb, value jsonb, path text, depth integer
)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    required   jsonb := coalesce(schema -> 'required', '[]');
    properties jsonb := schema -> 'properties';
    additional jsonb := schema -> 'additionalProperties';
    members    jsonb;
    name       text;
    wanted     jsonb;
    violation  text;
BEGIN
    FOR i IN 0 .. jsonb_array_length(required) - 1 LOOP
        IF NOT value ? (required ->> i) THEN
            RETURN tenon._pointer(path, required ->> i) || ': is missing, expected a value';
        END IF;
    END LOOP;
    IF properties IS NULL AND additional IS NULL THEN
        RETURN NULL;
    END IF;
    members := jsonb_path_query_array(value, '$.keyvalue()');
    FOR i IN 0 .. jsonb_array_length(members) - 1 LOOP
        name := members -> i ->> 'key';
        wanted := coalesce(properties -> name, additional);
        IF wanted = 'false' AND NOT coalesce(properties ? name, false) THEN
            RETURN format('%s: is not allowed, expected only %s',
                tenon._pointer(path, name),
                coalesce((SELECT string_agg(p.key, ', ' ORDER BY p.key)
                          FROM jsonb_object_keys(properties) AS p (key)), 'an empty object'));
        ELSIF wanted IS NOT NULL THEN
            violation := tenon._schema_violation(
                root, wanted, members -> i -> 'value', tenon._pointer(path, name), depth + 1);
            IF violation IS NOT NULL THEN
                RETURN violation;
            END IF;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- The recursion behind schema_violation. Bounded: a schema may refer to itself.
CREATE FUNCTION tenon._schema_violation(
    root jsonb, schema jsonb, value jsonb, path text, depth integer
)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    wanted    jsonb := schema -> 'type';
    violation text;
BEGIN
    IF wanted IS NOT NULL THEN
        IF jsonb_typeof(wanted) = 'string' THEN
            IF NOT tenon._is_of_type(value, schema ->> 'type') THEN
                violation := schema ->> 'type';
            END IF;
        ELSIF NOT EXISTS (SELECT FROM jsonb_array_elements_text(wanted) AS w (name)
                          WHERE tenon._is_of_type(value, w.name)) THEN
            violation := (SELECT string_agg(w.name, ' or ')
                          FROM jsonb_array_elements_text(wanted) AS w (name));
        END IF;
        IF violation IS NOT NULL THEN
            RETURN format('%s: is %s %s, expected %s', path, jsonb_typeof(value),
                          tenon._excerpt(value), violation);
        ELSIF schema - 'type' = '{}' THEN
            RETURN NULL;
        END IF;
    END IF;
    IF schema IS NULL OR schema = 'true' THEN
        RETURN NULL;
    ELSIF schema = 'false' THEN
        RETURN format('%s: is %s, expected nothing here', path, tenon._excerpt(value));
    ELSIF depth > 64 THEN
        RETURN format('%s: is nested too deeply, expected at most 64 levels', path);
    ELSIF schema ?| tenon._unsupported_keywords() THEN
        RAISE EXCEPTION 'schema uses a keyword that is not supported: %',
            (SELECT min(k) FROM unnest(tenon._unsupported_keywords()) AS u (k)
             WHERE schema ? k)
            USING ERRCODE = 'TN400', HINT = 'express it with properties, items or allOf';
    END IF;

    IF schema ? 'const' AND schema -> 'const' <> value THEN
        RETURN format('%s: is %s, expected %s', path, tenon._excerpt(value),
                      tenon._excerpt(schema -> 'const'));
    ELSIF schema ? 'enum'
       AND NOT EXISTS (SELECT FROM jsonb_array_elements(schema -> 'enum') AS e (choice)
                       WHERE choice = value) THEN
        RETURN format('%s: is %s, expected one of %s', path, tenon._excerpt(value),
                      tenon._excerpt(schema -> 'enum'));
    END IF;
    IF schema ?| ARRAY['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf',
                       'pattern', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems',
                       'minProperties', 'maxProperties'] THEN
        violation := tenon._limit_violation(schema, value);
        IF violation IS NOT NULL THEN
            RETURN path || ': ' || violation;
        END IF;
    END IF;
    IF jsonb_typeof(value) = 'object'
       AND schema ?| ARRAY['required', 'properties', 'additionalProperties'] THEN
        violation := tenon._member_violation(root, schema, value, path, depth);
        IF violation IS NOT NULL THEN
            RETURN violation;
        END IF;
    ELSIF jsonb_typeof(value) = 'array' AND schema ? 'items' THEN
        FOR i IN 0 .. jsonb_array_length(value) - 1 LOOP
            violation := tenon._schema_violation(
                root, schema -> 'items', value -> i, path || '/' || i, depth + 1);
            IF violation IS NOT NULL THEN
                RETURN violation;
            END IF;
        END LOOP;
    END IF;
    IF schema ?| ARRAY['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if'] THEN
        RETURN tenon._combined_violation(root, schema, value, path, depth);
    END IF;
    RETURN NULL;
END
$$;

-- NULL when value satisfies schema (or there is no schema), otherwise the first violation:
-- `<JSON pointer>: <what it is, what was expected>`. The whole value is `/`, for readability.
CREATE FUNCTION tenon.schema_violation(schema jsonb, value jsonb)
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    violation text := tenon._schema_violation(schema, schema, value, '', 0);
BEGIN
    RETURN CASE WHEN violation LIKE ': %' THEN '/' ELSE '' END || violation;
END
$$;

COMMENT ON FUNCTION tenon.schema_violation(jsonb, jsonb) IS
    'The first violation of a JSON Schema by a value, as "<JSON pointer>: <sentence>"; NULL: valid';
