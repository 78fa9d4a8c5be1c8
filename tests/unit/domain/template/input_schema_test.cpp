#include "domain/template/input_schema.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon {
namespace {

std::string verdict(std::string_view schema) {
    const auto result = check_schema(schema, "input_schema");
    return result.has_value() ? "ok" : result.error().detail;
}

TEST(InputSchema, TakesTheWholeVocabulary) {
    EXPECT_EQ(verdict("{}"), "ok");
    EXPECT_EQ(
        verdict(R"({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x", "$comment": "c",
            "title": "t", "description": "d", "default": {}, "examples": [], "format": "any",
            "deprecated": false, "readOnly": true, "writeOnly": true,
            "type": ["object", "null"], "enum": [1], "const": null,
            "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 9.5,
                "exclusiveMinimum": -1, "exclusiveMaximum": 10, "multipleOf": 0.5}},
            "required": ["n"], "additionalProperties": {"type": "string", "minLength": 1,
                "maxLength": 3.0, "pattern": "^a+$"},
            "minProperties": 0, "maxProperties": 3,
            "items": {"items": false, "minItems": 0, "maxItems": 1, "uniqueItems": true},
            "allOf": [true], "anyOf": [{}], "oneOf": [{}], "not": false,
            "if": {}, "then": {}, "else": {},
            "$defs": {"a/b": {"$ref": "#/definitions/c"}}, "definitions": {"c": {}}
        })"),
        "ok"
    );
}

struct BadSchema {
    std::string_view schema;
    std::string_view complaint;
};

TEST(InputSchema, RefusesWhatWouldNotBeEnforced) {
    const std::vector<BadSchema> cases{
        {"[]", "/: must be a JSON object"},
        {"true", "/: must be a JSON object"},
        {R"({"tpye":"object"})", "/tpye: unknown keyword 'tpye' (did you mean 'type'?)"},
        {R"({"patternProperties":{}})", "/patternProperties: unknown keyword 'patternProperties'"},
        {R"({"properties":{"a/b":{"minimun":1}}})",
         "/properties/a~1b/minimun: unknown keyword 'minimun' (did you mean 'minimum'?)"},
        {R"({"allOf":[{},{"prefixItems":[]}]})",
         "/allOf/1/prefixItems: unknown keyword 'prefixItems'"},
        {R"({"type":"int"})",
         "/type: must be one or more of array, boolean, integer, null, number, object, string"},
        {R"({"type":[]})",
         "/type: must be one or more of array, boolean, integer, null, number, object, string"},
        {R"({"type":["null","null"]})",
         "/type: must be one or more of array, boolean, integer, null, number, object, string"},
        {R"({"enum":[]})", "/enum: must be a list with at least one value"},
        {R"({"properties":[]})", "/properties: must be an object of schemas"},
        {R"({"properties":{"a":1}})", "/properties/a: must be a schema: an object, true or false"},
        {R"({"items":[{}]})", "/items: must be a schema: an object, true or false"},
        {R"({"anyOf":[]})", "/anyOf: must be a list with at least one schema"},
        {R"({"required":["a","a"]})", "/required: must be a list of distinct strings"},
        {R"({"required":"a"})", "/required: must be a list of distinct strings"},
        {R"({"minLength":-1})", "/minLength: must be an integer from 0"},
        {R"({"minLength":1.5})", "/minLength: must be an integer from 0"},
        {R"({"maxItems":1e300})", "/maxItems: must be an integer from 0"},
        {R"({"minimum":"1"})", "/minimum: must be a number"},
        {R"({"multipleOf":0})", "/multipleOf: must be a number above 0"},
        {R"({"uniqueItems":1})", "/uniqueItems: must be true or false"},
        {R"({"pattern":1})", "/pattern: must be text of at most 1000 bytes"},
        {R"({"$ref":"other.json"})", "/$ref: must refer to '#/$defs/NAME' or '#/definitions/NAME'"},
        {R"({"$ref":"#"})", "/$ref: must refer to '#/$defs/NAME' or '#/definitions/NAME'"},
        {R"({"$ref":"#/$defs/a"})",
         "/$ref: refers to '#/$defs/a', which is not a definition of this schema"},
        {R"({"$defs":{"a":{"x":{}}},"$ref":"#/$defs/a"})", "/$defs/a/x: unknown keyword 'x'"},
        {R"({"properties":{"a":{"$defs":{}}}})", "/properties/a/$defs: belongs to the root"},
        {R"({"properties":{"a":{"$id":"b"}}})", "/properties/a/$id: belongs to the root"},
    };
    for (const auto& [schema, complaint] : cases) {
        EXPECT_EQ(verdict(schema), "input_schema " + std::string(complaint)) << schema;
    }
    EXPECT_EQ(
        verdict("{"), "input_schema: invalid JSON at byte 1: expected a key in double quotes"
    );
}

TEST(InputSchema, LetsDefinitionsRecurseOnlyIntoTheValue) {
    EXPECT_EQ(
        verdict(R"({"$defs":{"tree":{"properties":{"kids":{"items":{"$ref":"#/$defs/tree"}}}}},
                    "$ref":"#/$defs/tree"})"),
        "ok"
    );
    EXPECT_EQ(
        verdict(R"({"$defs":{"a":{"$ref":"#/$defs/a"}}})"),
        "input_schema /$defs/a/$ref: leads back to itself for the same value"
    );
    EXPECT_EQ(
        verdict(R"({"$defs":{"a":{"allOf":[{"not":{"$ref":"#/$defs/b"}}]},
                             "b":{"if":{"$ref":"#/$defs/a"}}}})"),
        "input_schema /$defs/b/if/$ref: leads back to itself for the same value"
    );
    EXPECT_EQ(
        verdict(R"({"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/c"},{"$ref":"#/$defs/b"}]},
                             "b":{"$ref":"#/$defs/c"},"c":{}}})"),
        "ok"
    );
}

}  // namespace
}  // namespace tenon
