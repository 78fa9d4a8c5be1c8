#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// One option or positional argument, as help, completion and the manual tell it.
struct ArgumentDescription {
    std::string long_name{};             ///< "--slots", or the name of a positional.
    std::string short_name{};            ///< "-h", or empty.
    std::string value{};                 ///< What stands for its value, as "N"; empty: a flag.
    std::vector<std::string> choices{};  ///< Values that it takes, when these are all.
    std::string summary{};
    std::string usual{};     ///< Its default; empty: none worth telling.
    std::string variable{};  ///< That gives it too; empty: none.
    std::string group{};
    bool required = false;
    bool many = false;  ///< A positional that may be repeated.

    /// "-h,--help", "--slots N", "files...".
    std::string label() const;

    /// The summary, the default in brackets and the variable, in one line.
    std::string full_summary() const;

    /// True when its value is the name of a file or folder.
    bool is_path() const;
};

/// A command with all that belongs to it; hidden options are left out.
struct CommandDescription {
    std::string name{};  ///< "tenon task submit".
    std::string purpose{};
    std::vector<ArgumentDescription> positionals{};
    std::vector<ArgumentDescription> options{};
    std::vector<CommandDescription> commands{};
    bool works_alone = false;  ///< Without one of its commands.

    /// The last word of its name.
    std::string word() const;

    /// "tenon task submit [OPTIONS] template".
    std::string usage() const;
};

/// Describes `command` and everything below it. `name` is how it is called.
CommandDescription describe(const CLI::App& command, const std::string& name);

/// The command itself and all below, each before its own.
std::vector<const CommandDescription*> all_commands(const CommandDescription& command);

/// `text` in lines of at most `columns`, broken between words. A word that is longer has a line of
/// its own.
std::vector<std::string> wrapped(const std::string& text, std::size_t columns);

}  // namespace tenon::app
