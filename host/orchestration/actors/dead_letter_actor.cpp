#include "orchestration/actors/dead_letter_actor.hpp"

#include "orchestration/services/dead_letter_service.hpp"

#include <utility>

namespace tenon::orchestration {

using database::DeadLetterRepository;

asio::awaitable<ListDeadLetters::Reply> DeadLetterActor::handle(ListDeadLetters query) {
    return letters_.ask([query = std::move(query)](DeadLetterRepository& letters) {
        return letters.list({.status = query.status, .limit = query.limit, .before = query.before});
    });
}

asio::awaitable<GetDeadLetter::Reply> DeadLetterActor::handle(GetDeadLetter query) {
    return letters_.ask([query](DeadLetterRepository& letters) { return letters.find(query.entry); }
    );
}

asio::awaitable<GetDeadLettersOfTask::Reply> DeadLetterActor::handle(GetDeadLettersOfTask query) {
    return letters_.ask([query](DeadLetterRepository& letters) {
        return letters.of_task(query.task);
    });
}

asio::awaitable<AddDeadLetter::Reply> DeadLetterActor::handle(AddDeadLetter command) {
    return letters_.ask([command = std::move(command)](DeadLetterRepository& letters) {
        return letters.add(command.task, command.intervention);
    });
}

asio::awaitable<UpdateDeadLetter::Reply> DeadLetterActor::handle(UpdateDeadLetter command) {
    return letters_.ask([command = std::move(command)](DeadLetterRepository& letters) {
        return letters.update(command.entry, command.status, command.intervention);
    });
}

asio::awaitable<RedriveTask::Reply> DeadLetterActor::handle(RedriveTask command) {
    return letters_.redrive(command.task, std::move(command.intervention));
}

asio::awaitable<GetDeadLetterStatistics::Reply> DeadLetterActor::handle(
    GetDeadLetterStatistics /*query*/
) {
    return letters_.ask([](DeadLetterRepository& letters) { return letters.statistics(); });
}

}  // namespace tenon::orchestration
