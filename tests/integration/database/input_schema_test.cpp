#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::database {
namespace {

using ::testing::HasSubstr;
using testing::StatementRefused;

struct Case {
    std::string schema;
    std::string value;
    std::string violation;  ///< "NULL" where the value satisfies the schema.
};

class InputSchemaTest : public testing::DatabaseTest {
protected:
    std::string violation(const std::string& schema, const std::string& value) {
        return sql().value("SELECT tenon.schema_violation($1::jsonb, $2::jsonb)", {schema, value});
    }

    void expect(const std::vector<Case>& cases) {
        for (const auto& [schema, value, expected] : cases) {
            EXPECT_EQ(violation(schema, value), expected) << schema << " on " << value;
        }
    }

    std::string refusal_of(const std::string& schema, const std::string& value) {
        try {
            return violation(schema, value);
        } catch (const StatementRefused& refused) {
            return refused.sqlstate() + " " + refused.what();
        }
    }
};

TEST_F(InputSchemaTest, Types) {
    expect({
        {R"({"type": "object"})", "{}", "NULL"},
        {R"({"type": "object"})", "[]", "/: is array [], expected object"},
        {R"({"type": "integer"})", "6", "NULL"},
        {R"({"type": "integer"})", "6.0", "NULL"},
        {R"({"type": "integer"})", "1e3", "NULL"},
        {R"({"type": "integer"})", "6.5", "/: is number 6.5, expected integer"},
        {R"({"type": "integer"})", R"("6")", R"(/: is string "6", expected integer)"},
        {R"({"type": "number"})", "-2.5e-3", "NULL"},
        {R"({"type": "number"})", "true", "/: is boolean true, expected number"},
        {R"({"type": "string"})", "null", "/: is null null, expected string"},
        {R"({"type": "null"})", "null", "NULL"},
        {R"({"type": "boolean"})", "false", "NULL"},
        {R"({"type": ["integer", "null"]})", "null", "NULL"},
        {R"({"type": ["integer", "null"]})", "1.5", "/: is number 1.5, expected integer or null"},
        {R"({})", "[1, {}]", "NULL"},
        {"true", "1", "NULL"},
        {"false", "1", "/: is 1, expected nothing here"},
    });
}

TEST_F(InputSchemaTest, EnumAndConstCompareValuesNotText) {
    expect({
        {R"({"enum": [1, "a", {"k": [1]}]})", R"({"k": [1.0]})", "NULL"},
        {R"({"enum": [1, "a"]})", "2", R"(/: is 2, expected one of [1, "a"])"},
        {R"({"enum": [[1, 2]]})", "[1]", "/: is [1], expected one of [[1, 2]]"},
        {R"({"const": null})", "null", "NULL"},
        {R"({"const": 1})", "1.0", "NULL"},
        {R"({"const": {"a": 1}})", R"({"a": 2})", R"(/: is {"a": 2}, expected {"a": 1})"},
    });
}

TEST_F(InputSchemaTest, Objects) {
    const std::string schema = R"({"type": "object", "required": ["even_number", "who"],
        "properties": {"even_number": {"type": "integer", "minimum": 2, "multipleOf": 2},
                       "who": {"type": "object", "properties": {"a/b~c": {"type": "string"}}}},
        "additionalProperties": false})";
    expect({
        {schema, R"({"even_number": 6, "who": {}})", "NULL"},
        {schema, R"({"who": {}})", "/even_number: is missing, expected a value"},
        {schema, "{}", "/even_number: is missing, expected a value"},
        {schema,
         R"({"even_number": null, "who": {}})",
         "/even_number: is null null, expected integer"},
        {schema, R"({"even_number": 7, "who": {}})", "/even_number: is 7, expected a multiple of 2"
        },
        {schema, R"({"even_number": 0, "who": {}})", "/even_number: is 0, expected at least 2"},
        {schema,
         R"({"even_number": 6, "who": {"a/b~c": 1}})",
         "/who/a~1b~0c: is number 1, expected string"},
        {schema,
         R"({"even_number": 6, "who": {}, "x": 1})",
         "/x: is not allowed, expected only even_number, who"},
        {R"({"additionalProperties": false})",
         R"({"x": 1})",
         "/x: is not allowed, expected only an empty object"},
        {R"({"additionalProperties": {"type": "string"}})",
         R"({"x": 1})",
         "/x: is number 1, expected string"},
        {R"({"required": ["a"]})", "[]", "NULL"},
        {R"({"minProperties": 1})", "{}", "/: has 0 properties, expected at least 1"},
        {R"({"maxProperties": 1})", R"({"a": 1, "b": 2})", "/: has 2 properties, expected at most 1"
        },
    });
}

TEST_F(InputSchemaTest, Arrays) {
    expect({
        {R"({"items": {"type": "integer"}})", "[1, 2]", "NULL"},
        {R"({"items": {"type": "integer"}})",
         R"([1, "x"])",
         R"(/1: is string "x", expected integer)"},
        {R"({"items": {"items": {"minimum": 0}}})",
         "[[1], [2, -1]]",
         "/1/1: is -1, expected at least 0"},
        {R"({"items": false})", "[]", "NULL"},
        {R"({"items": false})", "[1]", "/0: is 1, expected nothing here"},
        {R"({"minItems": 2})", "[1]", "/: has 1 items, expected at least 2"},
        {R"({"maxItems": 1})", "[1, 2]", "/: has 2 items, expected at most 1"},
        {R"({"uniqueItems": true})", "[1, 2, 1.0]", "/: has equal items, expected all to differ"},
        {R"({"uniqueItems": true})", R"([1, "1", [1]])", "NULL"},
        {R"({"uniqueItems": false})", "[1, 1]", "NULL"},
    });
}

TEST_F(InputSchemaTest, StringsAreMeasuredInCharacters) {
    expect({
        {R"({"minLength": 3})", R"("äöü")", "NULL"},
        {R"({"minLength": 3})", R"("ab")", "/: has 2 characters, expected at least 3"},
        {R"({"maxLength": 2})", R"("äöü")", "/: has 3 characters, expected at most 2"},
        {R"({"maxLength": 2})", "12345", "NULL"},
        {R"({"pattern": "^[a-z]+$"})", R"("abc")", "NULL"},
        {R"({"pattern": "^[a-z]+$"})",
         R"("a1")",
         R"(/: is "a1", expected to match the pattern ^[a-z]+$)"},
        {R"({"pattern": "b"})", R"("abc")", "NULL"},
    });
}

TEST_F(InputSchemaTest, NumbersAreExact) {
    expect({
        {R"({"minimum": 2})", "2", "NULL"},
        {R"({"maximum": 2})", "2.1", "/: is 2.1, expected at most 2"},
        {R"({"exclusiveMinimum": 2})", "2", "/: is 2, expected more than 2"},
        {R"({"exclusiveMaximum": 2})", "2", "/: is 2, expected less than 2"},
        {R"({"multipleOf": 0.1})", "0.3", "NULL"},
        {R"({"multipleOf": 0.1})", "0.35", "/: is 0.35, expected a multiple of 0.1"},
        {R"({"maximum": 9007199254740993})",
         "9007199254740994",
         "/: is 9007199254740994, expected at most 9007199254740993"},
        {R"({"minimum": 2})", R"("1")", "NULL"},
    });
}

TEST_F(InputSchemaTest, Combinations) {
    const std::string shape = R"({"if": {"required": ["side"]},
        "then": {"properties": {"side": {"minimum": 1}}}, "else": {"required": ["radius"]}})";
    expect({
        {R"({"allOf": [{"minimum": 1}, {"maximum": 3}]})", "4", "/: is 4, expected at most 3"},
        {R"({"allOf": [{"minimum": 1}, {"maximum": 3}]})", "2", "NULL"},
        {R"({"anyOf": [{"type": "string"}, {"minimum": 5}]})", "7", "NULL"},
        {R"({"anyOf": [{"type": "string"}, {"minimum": 5}]})",
         "4",
         "/: matches none of the 2 alternatives of anyOf (first: is number 4, expected string)"},
        {R"({"oneOf": [{"minimum": 1}, {"maximum": 3}]})", "0", "NULL"},
        {R"({"oneOf": [{"minimum": 1}, {"maximum": 3}]})",
         "2",
         "/: matches 2 of the 2 alternatives of oneOf, expected exactly 1"},
        {R"({"oneOf": [{"const": 1}, {"const": 2}]})",
         "3",
         "/: matches 0 of the 2 alternatives of oneOf, expected exactly 1"},
        {R"({"not": {"type": "null"}})", "1", "NULL"},
        {R"({"not": {"type": "null"}})",
         "null",
         R"(/: is null, expected not to match {"type": "null"})"},
        {shape, R"({"side": 0})", "/side: is 0, expected at least 1"},
        {shape, R"({"side": 1})", "NULL"},
        {shape, "{}", "/radius: is missing, expected a value"},
        {R"({"if": {"type": "null"}, "then": false})", "1", "NULL"},
    });
}

TEST_F(InputSchemaTest, ReferencesToPlacesInTheSameSchema) {
    const std::string tree = R"({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object",
        "required": ["value"], "properties": {"value": {"type": "integer"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}})";
    expect({
        {tree, R"({"value": 1, "children": [{"value": 2, "children": []}]})", "NULL"},
        {tree,
         R"({"value": 1, "children": [{"value": 2}, {}]})",
         "/children/1/value: is missing, expected a value"},
        {R"({"definitions": {"a/b": {"type": "null"}}, "$ref": "#/definitions/a~1b"})",
         "1",
         "/: is number 1, expected null"},
        {R"({"properties": {"self": {"$ref": "#"}}, "maxProperties": 1})",
         R"({"self": {"a": 1, "b": 2}})",
         "/self: has 2 properties, expected at most 1"},
        {R"({"$ref": "#/$defs/x", "minimum": 5, "$defs": {"x": {"maximum": 9}}})",
         "4",
         "/: is 4, expected at least 5"},
    });
}

TEST_F(InputSchemaTest, ASchemaThatNeverEndsIsBounded) {
    EXPECT_EQ(
        violation(R"({"$ref": "#"})", "1"), "/: is nested too deeply, expected at most 64 levels"
    );
    std::string deep = "1";
    for (int i = 0; i < 100; ++i) {
        deep = "[" + deep + "]";
    }
    EXPECT_THAT(violation(R"({"items": {"$ref": "#"}})", deep), HasSubstr("is nested too deeply"));
}

TEST_F(InputSchemaTest, FaultsOfTheSchemaAreReportedAsSuch) {
    EXPECT_THAT(
        refusal_of(R"({"patternProperties": {}})", "{}"),
        HasSubstr("TN400 ERROR:  schema uses a keyword that is not supported: patternProperties")
    );
    EXPECT_THAT(
        refusal_of(R"({"$ref": "#/$defs/no"})", "{}"),
        HasSubstr("TN400 ERROR:  schema refers to \"#/$defs/no\", which it does not contain")
    );
    EXPECT_THAT(refusal_of(R"({"$ref": "http://x/y"})", "{}"), HasSubstr("TN400"));
    EXPECT_THAT(
        refusal_of(R"({"multipleOf": 0})", "1"), HasSubstr("TN400 ERROR:  schema has multipleOf 0")
    );
}

TEST_F(InputSchemaTest, NoSchemaAcceptsEverythingAndLongValuesAreShortened) {
    EXPECT_EQ(sql().value("SELECT tenon.schema_violation(NULL, '1')"), "NULL");
    const auto text = violation(R"({"type": "null"})", '"' + std::string(500, 'x') + '"');
    EXPECT_THAT(text, HasSubstr("xxx..., expected null"));
    EXPECT_LT(text.size(), 120U);
}

}  // namespace
}  // namespace tenon::database
