#pragma once

#include "plugins/corpus/corpus_table.hpp"
#include "plugins/corpus/served.hpp"

#include <string>
#include <vector>

namespace tenon::corpus {

/// The sentence with which the file of this name is refused, after the file's name; "accepted" when
/// it is not. A refusal must be one line, and one entry in the history.
std::string refusal(CorpusHost& host, const std::string& name);

/// A file that must not get in.
struct Refused {
    std::string guest;
    std::string words;  ///< In the sentence.
    std::string rule;   ///< Its id, at the sentence's end.
};

/// Deploys each guest, and expects it to be refused so.
void expect_refused(CorpusHost& host, const std::vector<Refused>& all);

/// Expects this of a sentence.
void expect_words(
    const std::string& sentence,
    const std::string& words,
    const std::string& rule,
    const std::string& what
);

/// Expects the guest to get in.
void expect_accepted(CorpusHost& host, const std::string& guest, const std::string& name = {});

/// A call that must end with the process that it runs in.
struct Fatal {
    std::string method;
    int exit_code;                 ///< Of the host, 128 + the signal.
    std::string words;             ///< In what a runner's host says.
    bool leaves_no_words = false;  ///< Nobody hears of it before it is over.
};

/// Expects each to fail one call only where the plugin has a process of its own, as it has in a
/// host that demoted it; and in process to take down a host in a child process, which leaves a
/// record of the call and serves again when it is started anew.
void expect_fatal(const Trial& trial, const std::string& guest, const std::vector<Fatal>& calls);

}  // namespace tenon::corpus
