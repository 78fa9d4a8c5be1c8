// What every command says of itself: in help, in the manual and to shells. All of it is held here
// for every command there is, so that a new one cannot forget.

#include "app/command_line.hpp"
#include "app/commands/help/completion_script.hpp"
#include "app/commands/help/exit_codes.hpp"
#include "app/commands/help/help_text.hpp"
#include "app/commands/help/man_page.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <set>
#include <sstream>

namespace tenon::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

class HelpTest : public ::testing::Test {
protected:
    HelpTest() {
        root_.name("tenon");
        add_commands(root_, {"tenon"}, exit_code_);
        described_ = describe(root_, "tenon");
    }

    const CommandDescription& command(const std::string& name) const {
        for (const auto* one : all_commands(described_)) {
            if (one->name == name) {
                return *one;
            }
        }
        throw std::runtime_error("there is no command " + name);
    }

    int exit_code_ = 0;
    CLI::App root_{"tenon runs durable workflows natively"};
    CommandDescription described_;
};

TEST_F(HelpTest, FitsIntoEightyColumnsForEveryCommand) {
    const auto commands = all_commands(described_);
    EXPECT_GT(commands.size(), 50U);
    for (const auto* one : commands) {
        std::istringstream lines(help_text(*one));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 80U) << one->name << ": " << line;
        }
    }
}

TEST_F(HelpTest, DescribesEveryCommandAndEveryOption) {
    for (const auto* one : all_commands(described_)) {
        EXPECT_GE(one->purpose.size(), 10U) << one->name;
        EXPECT_FALSE(one->purpose.ends_with('.')) << one->name;
        std::set<std::string> names;
        for (const auto& option : one->options) {
            EXPECT_GE(option.summary.size(), 5U) << one->name << " " << option.long_name;
            EXPECT_TRUE(option.long_name.starts_with("--")) << one->name << " " << option.long_name;
            EXPECT_TRUE(names.insert(option.long_name).second)
                << one->name << " " << option.long_name;
        }
        for (const auto& positional : one->positionals) {
            EXPECT_GE(positional.summary.size(), 5U) << one->name << " " << positional.long_name;
        }
    }
}

TEST_F(HelpTest, IsWhatTheHelpOptionPrints) {
    const auto text = root_.get_subcommand("host")->help("tenon");
    EXPECT_EQ(text, help_text(command("tenon host")));
    EXPECT_THAT(text, HasSubstr("Usage: tenon host [OPTIONS] [COMMAND]\n"));
    EXPECT_THAT(text, HasSubstr("  --slots N                 handlers that may run at once [128]"));
    EXPECT_THAT(text, Not(HasSubstr("--supervised")));
}

TEST_F(HelpTest, ShowsArgumentsInTheUsage) {
    EXPECT_EQ(command("tenon template check").usage(), "tenon template check [OPTIONS] files...");
    EXPECT_EQ(command("tenon task").usage(), "tenon task [OPTIONS] COMMAND");
    EXPECT_THAT(command("tenon config explain").usage(), ::testing::EndsWith("[OPTIONS] [key]"));
}

TEST_F(HelpTest, BreaksLinesBetweenWords) {
    EXPECT_THAT(wrapped("aa bb cc", 5), ElementsAre("aa bb", "cc"));
    EXPECT_THAT(wrapped("longer-than-that a", 5), ElementsAre("longer-than-that", "a"));
    EXPECT_TRUE(wrapped("", 5).empty());
}

TEST_F(HelpTest, IsInTheManualForEveryCommandAndVariable) {
    const auto page = man_page(described_, "1.2.3");
    EXPECT_THAT(page, ::testing::StartsWith(".TH TENON 1 \"\" \"tenon 1.2.3\""));
    for (const auto* one : all_commands(described_)) {
        std::string name = one->name;
        for (auto at = name.find('-'); at != std::string::npos; at = name.find('-', at + 2)) {
            name.insert(at, "\\");
        }
        EXPECT_TRUE(one == &described_ || page.find(".SS " + name + "\n") != std::string::npos)
            << one->name;
    }
    for (const auto section : {"EXIT STATUS", "ENVIRONMENT", "COMMANDS", "SEE ALSO"}) {
        EXPECT_THAT(page, HasSubstr(".SH " + std::string(section) + "\n"));
    }
    EXPECT_THAT(page, HasSubstr("TENON_SLOTS"));
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_FALSE(line.starts_with('\'')) << line;
        EXPECT_EQ(line.find("\\n"), std::string::npos) << line;
    }
}

TEST_F(HelpTest, HasExitCodesThatTheDocumentationHasToo) {
    const auto documentation = testing::read_file(TENON_SOURCE_DIR "/docs/command_line.md");
    for (const auto& [code, meaning] : exit_code_meanings) {
        const auto cell = code == "128+N" ? "128 + N" : std::string(code);
        EXPECT_THAT(documentation, HasSubstr("\n| " + cell + " | "));
    }
}

/// Completes in a real shell.
class CompletionTest : public HelpTest {
protected:
    std::vector<std::string> run(const std::string& shell, const std::string& script) {
        const auto file = directory_.write("script", script);
        auto* pipe = ::popen((shell + " " + file.string() + " 2>&1").c_str(), "r");
        std::string output;
        std::array<char, 4096> buffer{};
        while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
            output.append(buffer.data(), count);
        }
        EXPECT_EQ(::pclose(pipe), 0) << output;
        std::vector<std::string> words;
        std::istringstream lines(output);
        for (std::string line; std::getline(lines, line);) {
            words.push_back(line.substr(0, line.find('\t')));
        }
        return words;
    }

    std::vector<std::string> in_bash(const std::string& words, int at) {
        return run(
            "bash --norc",
            bash_completion(described_) + "COMP_WORDS=(" + words + ")\nCOMP_CWORD=" +
                std::to_string(at) + "\n_tenon\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
        );
    }

    const testing::PrivateDirectory directory_;
};

TEST_F(CompletionTest, CompletesCommandsInBash) {
    EXPECT_THAT(in_bash("tenon temp", 1), ElementsAre("template"));
    EXPECT_THAT(in_bash("tenon task ''", 2), IsSupersetOf({"submit", "get", "watch", "cancel"}));
    EXPECT_THAT(in_bash("tenon --verbose task s", 3), Contains("submit"));
    EXPECT_THAT(in_bash("tenon task submit --inp", 3), ElementsAre("--input"));
    EXPECT_THAT(in_bash("tenon task submit x/y --wa", 4), ElementsAre("--wait"));
}

TEST_F(CompletionTest, CompletesChoicesAndFilesInBash) {
    EXPECT_THAT(
        in_bash("tenon host --mode ''", 3), ElementsAre("PollingOnly", "Hybrid", "EventDrivenOnly")
    );
    EXPECT_THAT(in_bash("tenon completion ''", 2), Not(Contains("host")));
    const auto file = directory_.write("a_template.yaml", "");
    EXPECT_THAT(
        in_bash("tenon template check " + file.string().substr(0, file.string().size() - 3), 3),
        ElementsAre(file.string())
    );
    EXPECT_THAT(
        in_bash("tenon host --plugins " + directory_.path().string() + "/a_", 3),
        ElementsAre(file.string())
    );
}

TEST_F(CompletionTest, CompletesInFish) {
    const auto complete = [&](const std::string& line) {
        return run(
            "fish --no-config", fish_completion(described_) + "complete -C '" + line + "'\n"
        );
    };
    EXPECT_THAT(complete("tenon temp"), ElementsAre("template"));
    EXPECT_THAT(complete("tenon task submit --inp"), ElementsAre("--input"));
    EXPECT_THAT(complete("tenon host --mode "), IsSupersetOf({"PollingOnly", "Hybrid"}));
}

TEST_F(CompletionTest, HasAScriptThatZshTakes) {
    EXPECT_THAT(run("zsh -f -n", zsh_completion(described_)), ElementsAre());
}

}  // namespace
}  // namespace tenon::app
