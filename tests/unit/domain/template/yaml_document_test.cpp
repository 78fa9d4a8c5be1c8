#include "domain/template/yaml_document.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <random>
#include <string>
#include <vector>

namespace tenon {
namespace {

using namespace std::string_literals;

std::string read(std::string_view yaml, YamlLimits limits = {}) {
    const auto document = read_yaml(yaml, "t.yaml", limits);
    return document ? to_json(*document).dump() : document.error().detail;
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

TEST(ReadYaml, GivesBothKeyStylesTheSameTree) {
    const auto* plain = R"({"list":["a","b"],"name":"x","nested":{"flag":true}})";
    EXPECT_EQ(read("name: x\nlist: [a, b]\nnested:\n  flag: true\n"), plain);
    EXPECT_EQ(read(":name: :x\n:list: [:a, b]\n:nested: {:flag: true}\n"), plain);
}

TEST(ReadYaml, KeepsQuotedScalarsAsStrings) {
    EXPECT_EQ(
        read("a: '1'\nb: \"true\"\nc: ':sym'\nd: !!str 7\ne: |\n  1\nf: \"null\"\n1: 2\n"),
        R"({"1":2,"a":"1","b":"true","c":":sym","d":"7","e":"1\n","f":"null"})"
    );
}

TEST(ReadYaml, RemembersWhereThingsStand) {
    const auto document = read_yaml("a: 1\nb:\n  - x\n  - {k: v}\n", "t.yaml").value();
    EXPECT_EQ(document.entries[1].place.line, 2);
    EXPECT_EQ(document.entries[1].place.column, 1);
    const auto& inner = document.entries[1].value.items[1].entries[0];
    EXPECT_EQ(inner.place.line, 4);
    EXPECT_EQ(inner.place.column, 6);
    EXPECT_EQ(inner.value.place.column, 9);
}

TEST(ReadYaml, ExpandsAliases) {
    EXPECT_EQ(
        read("a: &x {k: [1]}\nb: *x\nc: [*x, &y 7, *y]\n"),
        R"({"a":{"k":[1]},"b":{"k":[1]},"c":[{"k":[1]},7,7]})"
    );
}

struct BadYaml {
    std::string text;
    std::string complaint;
};

TEST(ReadYaml, NamesTheFaultAndItsPlace) {
    const std::vector<BadYaml> cases{
        {"", "t.yaml: the file has no content"},
        {"# only a comment\n", "t.yaml: the file has no content"},
        {"a: b: c\n", "t.yaml:1:5: malformed YAML: illegal map value"},
        {"a: [1, 2\nb: 3\n", "t.yaml:2:2: malformed YAML: end of sequence flow not found"},
        {"a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document begins here, use one file for each"},
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: duplicate key 'a', first in line 1"},
        {"name: 1\n:name: 2\n", "t.yaml:2:1: duplicate key 'name', first in line 1"},
        {"? [a]\n: b\n", "t.yaml:1:3: a key must be a scalar"},
        {"a: !ruby/object:Gem x\n", "t.yaml:1:4: tag '!ruby/object:Gem' is not supported, remove it"
        },
        {"a: !!binary aGk=\n",
         "t.yaml:1:4: tag 'tag:yaml.org,2002:binary' is not supported, remove it"},
        {"a: !!set {x}\n", "t.yaml:1:4: tag 'tag:yaml.org,2002:set' is not supported, remove it"},
        {"a: 1e999\n", "t.yaml:1:4: number 1e999 does not fit a double, quote it"},
        {"a: \"\\0\"\n", "t.yaml:1:4: the NUL character cannot be stored, leave it out"},
        {"a: \"\\ud800\"\n", "t.yaml:1:11: malformed YAML: invalid unicode: 55296"},
        {"a: 1\nb: \xFFx\n", "t.yaml:2:4: invalid UTF-8, save the file as UTF-8"},
        {"\xFF\xFE"
         "a\0"s,
         "t.yaml:1:1: invalid UTF-8, save the file as UTF-8"},
        {"a: \x07\n", "t.yaml:1:4: control character 0x07, remove it"},
        {"a: b\0c\n"s, "t.yaml:1:5: control character 0x00, remove it"},
        {"a: *nowhere\n", "t.yaml:1:4: malformed YAML: the referenced anchor is not defined"},
        {"a: &x [*x]\n",
         "t.yaml:1:8: this alias names a key or a value that is still open, write it out"},
        {"&k a: 1\nb: *k\n",
         "t.yaml:2:4: this alias names a key or a value that is still open, write it out"},
        {"a: &x b\n*x : 1\n", "t.yaml:2:1: an alias cannot be a key, write the key out"},
        {": x\n", "t.yaml:1:1: a value without a key"},
    };
    for (const auto& [text, complaint] : cases) {
        EXPECT_EQ(read(text), complaint) << text;
    }
}

TEST(ReadYaml, BoundsSizeValuesAndDepth) {
    EXPECT_EQ(read("a: 123\n", {.max_bytes = 6}), "t.yaml: 7 bytes are above the limit of 6 bytes");
    EXPECT_EQ(
        read("[1,2,3,4]", {.max_nodes = 4}),
        "t.yaml:1:8: more than 4 values, counting each use of an anchor"
    );
    EXPECT_EQ(read(repeated("[", 100) + repeated("]", 100)).size(), 200U);
    EXPECT_EQ(
        read(repeated("[", 101) + repeated("]", 101)), "t.yaml:1:101: nested deeper than 100 levels"
    );
    EXPECT_EQ(read(repeated("- ", 100'000)), "t.yaml:1:201: nested deeper than 100 levels");
    EXPECT_EQ(
        read(repeated("{a: ", 10'000) + repeated("}", 10'000)),
        "t.yaml:1:401: nested deeper than 100 levels"
    );
}

// Nine levels of nine references each would be 400 million values.
TEST(ReadYaml, DefusesABombOfAliases) {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (int level = 1; level < 9; ++level) {
        bomb += fmt::format("a{0}: &a{0} [*a{1}", level, level - 1);
        bomb += repeated(fmt::format(",*a{}", level - 1), 8) + "]\n";
    }
    EXPECT_EQ(read(bomb), "t.yaml:6:5: more than 1000000 values, counting each use of an anchor");
}

// Each alias adds a level, so the file itself is flat.
TEST(ReadYaml, BoundsTheDepthThatAliasesPileUp) {
    std::string tower = "- &a0 []\n";
    for (int level = 1; level < 2'000; ++level) {
        tower += fmt::format("- &a{} [*a{}]\n", level, level - 1);
    }
    EXPECT_EQ(read(tower), "t.yaml:100:9: nested deeper than 100 levels");
}

// Whatever happens to a file, the answer is a tree or a sentence that names the file.
TEST(ReadYaml, SurvivesDamagedFiles) {
    const std::string seed =
        ":name: x\nsteps:\n  - name: &n a\n    handler: {callable: \"A::B\", list: [1, 2.5, ~]}\n"
        "    text: |\n      line\n  - *n\n? q\n: !!str 1\n";
    const std::string alphabet = ":-?[]{}&*!|>'\"%@`#,\n\t ab0\\~<=\xC3\xA9";
    std::mt19937 random(7);
    int trees = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto text = seed;
        for (auto edits = 1 + random() % 4; edits > 0; --edits) {
            const auto at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = alphabet[random() % alphabet.size()]; break;
                case 1: text.erase(at, 1 + random() % 6); break;
                default: text.insert(at, 1, alphabet[random() % alphabet.size()]); break;
            }
        }
        const auto document = read_yaml(text, "t.yaml");
        if (document) {
            ++trees;
            EXPECT_FALSE(to_json(*document).dump().empty());
        } else {
            EXPECT_TRUE(document.error().detail.starts_with("t.yaml:")) << document.error().detail;
        }
    }
    EXPECT_GT(trees, 1'000);
}

}  // namespace
}  // namespace tenon
