// One file held against the schema: what it assigns, and every problem with its line.

#include "app/configuration/toml_file.hpp"

#include "support/private_directory.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <random>

namespace tenon::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const Variables variables{{"SLOTS", "12"}, {"BAD", "many"}, {"SPACES", "a,b"}};

FileContent read(std::string_view text) {
    return read_toml(text, "host.toml", Layer::base, variables);
}

std::vector<std::string> problems(std::string_view text) {
    std::vector<std::string> sentences;
    for (const auto& problem : read(text).problems) {
        sentences.push_back(problem.to_string());
    }
    return sentences;
}

Value value(std::string_view text) {
    const auto content = read(text);
    EXPECT_THAT(content.problems, IsEmpty()) << problems(text).front();
    EXPECT_THAT(content.assignments, SizeIs(1));
    return content.assignments.at(0).value;
}

TEST(TomlFileTest, ReadsEveryTypeOfValue) {
    EXPECT_EQ(value("[dispatch]\nslots = 7"), Value(std::int64_t{7}));
    EXPECT_EQ(value("dispatch.mode = 'PollingOnly'"), Value(std::string("PollingOnly")));
    EXPECT_EQ(value("[supervisor]\nenabled = false"), Value(false));
    EXPECT_EQ(value("host.namespaces = ['a', 'b']"), Value(TextList{"a", "b"}));
    EXPECT_EQ(
        value("[plugin.limit]\n\"com.example.a\" = 2\nb = 3"),
        Value(TextTable{{"com.example.a", "2"}, {"b", "3"}})
    );
    EXPECT_EQ(value("plugin.owners = [1000]"), Value(TextList{"1000"}));
}

TEST(TomlFileTest, KnowsWhereAValueStands) {
    const auto content = read("# comment\n[dispatch]\n  slots = 7\n");
    ASSERT_THAT(content.assignments, SizeIs(1));
    EXPECT_EQ(content.assignments[0].key, key("dispatch.slots"));
    EXPECT_EQ(content.assignments[0].origin.to_string(), "host.toml:3:3");
}

TEST(TomlFileTest, PutsVariablesIntoTexts) {
    EXPECT_EQ(value("dispatch.slots = '${SLOTS}'"), Value(std::int64_t{12}));
    EXPECT_EQ(value("dispatch.slots = '${NONE:-5}'"), Value(std::int64_t{5}));
    EXPECT_EQ(value("host.namespaces = '${SPACES}'"), Value(TextList{"a", "b"}));
    EXPECT_EQ(value("host.namespaces = ['${SLOTS}', 'x']"), Value(TextList{"12", "x"}));
    EXPECT_EQ(value("plugin.limit = { a = '${SLOTS}' }"), Value(TextTable{{"a", "12"}}));
}

TEST(TomlFileTest, ReportsAllProblemsAtOnceEachAtItsLine) {
    EXPECT_THAT(
        problems("[dispatch]\n"
                 "slots = 0\n"
                 "slotz = 7\n"
                 "lanes = \"3\"\n"
                 "mode = 'Sometimes'\n"
                 "poll_ms = 10.5\n"
                 "[dipsatch]\n"
                 "profile = 'direct'\n"),
        ElementsAre(
            "host.toml:2:1: dispatch.slots: 0 is out of range; give an integer from 1 to 10000",
            "host.toml:3:1: dispatch.slotz: there is no such key; did you mean 'dispatch.slots'?",
            "host.toml:4:1: dispatch.lanes: it is a text; write 3 without quotes",
            "host.toml:5:1: dispatch.mode: 'Sometimes' is none of its choices; write "
            "PollingOnly, Hybrid or EventDrivenOnly",
            "host.toml:6:1: dispatch.poll_ms: it is a number with a point; give an integer from "
            "10 to 3600000",
            "host.toml:7:2: dipsatch: there is no such key; did you mean 'dispatch'?"
        )
    );
}

TEST(TomlFileTest, ReportsWhatCannotBePutIn) {
    EXPECT_THAT(
        problems("dispatch.slots = '${BAD}'\nhost.name = '${NONE}'\nhttp.listen = '${'"),
        ElementsAre(
            HasSubstr("dispatch.slots: 'many' is no integer"),
            HasSubstr("host.name: the variable NONE is not set"),
            HasSubstr("http.listen: '${' has no '}'")
        )
    );
}

TEST(TomlFileTest, NeverShowsAPassword) {
    const auto content = read("database.url = ['postgresql://bob:s3cret@db/x']");
    ASSERT_THAT(content.problems, SizeIs(1));
    EXPECT_THAT(content.problems[0].to_json(), Not(HasSubstr("s3cret")));
}

TEST(TomlFileTest, ReportsWhatIsNoToml) {
    EXPECT_THAT(
        problems("[dispatch\nslots = 1"), ElementsAre(HasSubstr("host.toml:1:10: this is"))
    );
    EXPECT_THAT(problems("a = 1\na = 2"), ElementsAre(HasSubstr("host.toml:2:")));
    EXPECT_THAT(problems("dispatch = 5"), ElementsAre(HasSubstr("write [dispatch]")));
    EXPECT_THAT(problems("\xff\xfe"), SizeIs(1));
    std::string deep = "host.namespaces = ";
    deep.append(100'000, '[');
    EXPECT_THAT(problems(deep), SizeIs(1));
}

TEST(TomlFileTest, BearsWhateverBecomesOfAGoodFile) {
    const std::string good =
        "[dispatch]\nslots = 7\nmode = 'Hybrid'\n[plugin.limit]\n\"com.a\" = 2\n"
        "[host]\nnamespaces = ['a', \"${SLOTS:-b}\"]\nname = \"\"\"x\\u00e9\"\"\"\n";
    std::mt19937 random(7);
    std::size_t refused = 0;
    for (int round = 0; round < 5000; ++round) {
        auto text = good;
        for (int i = 0; i < 4; ++i) {
            const auto at = random() % text.size();
            switch (random() % 3) {
                case 0: text[at] = static_cast<char>(random()); break;
                case 1: text.erase(at, random() % 5); break;
                default: text.insert(at, good.substr(random() % good.size(), random() % 9)); break;
            }
        }
        const auto content = read(text);
        refused += content.problems.empty() ? 0 : 1;
        for (const auto& problem : content.problems) {
            EXPECT_GT(problem.origin.line, 0U) << text;
            EXPECT_FALSE(problem.sentence.empty()) << text;
        }
    }
    EXPECT_GT(refused, 2500U);
}

TEST(TomlFileTest, ReportsFilesThatCannotBeRead) {
    const testing::PrivateDirectory directory;
    const auto problem = [](const std::filesystem::path& file) {
        const auto content = read_toml_file(file, Layer::base, {});
        return content.problems.empty() ? "" : content.problems.front().sentence;
    };
    EXPECT_EQ(problem(directory.path()), "this is no regular file");
    EXPECT_EQ(problem(directory.path() / "none.toml"), "this is no regular file");
    std::ofstream(directory.path() / "large.toml") << std::string(1024 * 1024 + 1, '#');
    EXPECT_EQ(problem(directory.path() / "large.toml"), "it is larger than 1 MiB");
    std::ofstream(directory.path() / "good.toml") << "[host]\nname = 'a'\n";
    EXPECT_EQ(problem(directory.path() / "good.toml"), "");
}

}  // namespace
}  // namespace tenon::app
