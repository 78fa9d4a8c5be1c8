#pragma once

#include "orchestration/commands/dead_letter_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class DeadLetterService;

/// Owns the tasks that need attention: which they are, what came of them, and their way back.
/// [any-thread]
class DeadLetterActor {
public:
    explicit DeadLetterActor(DeadLetterService& letters) : letters_(letters) {}

    static std::string_view name() noexcept { return "DeadLetterActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<ListDeadLetters::Reply> handle(ListDeadLetters query);
    asio::awaitable<GetDeadLetter::Reply> handle(GetDeadLetter query);
    asio::awaitable<GetDeadLettersOfTask::Reply> handle(GetDeadLettersOfTask query);
    asio::awaitable<AddDeadLetter::Reply> handle(AddDeadLetter command);
    asio::awaitable<UpdateDeadLetter::Reply> handle(UpdateDeadLetter command);
    asio::awaitable<RedriveTask::Reply> handle(RedriveTask command);
    asio::awaitable<GetDeadLetterStatistics::Reply> handle(GetDeadLetterStatistics query);

private:
    DeadLetterService& letters_;
};

}  // namespace tenon::orchestration
