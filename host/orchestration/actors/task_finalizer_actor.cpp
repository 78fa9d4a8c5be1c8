#include "orchestration/actors/task_finalizer_actor.hpp"

#include "messaging/queue_names.hpp"
#include "orchestration/actors/queue_turn.hpp"
#include "orchestration/hydration/finalization_hydrator.hpp"
#include "orchestration/services/finalization_service.hpp"
#include "orchestration/services/maintenance_service.hpp"

#include <utility>

namespace tenon::orchestration {
namespace {

QueueTurn finalizations(QueueReadingService& reading) {
    return {.reading = reading, .queue = messaging::finalizations_queue, .batch = 200};
}

}  // namespace

asio::awaitable<BatchReport> TaskFinalizerActor::handle(FinalizeTask command) {
    return finalization_.finalize(command.task);
}

asio::awaitable<BatchReport> TaskFinalizerActor::handle(FinalizeTaskFromMessage command) {
    return take_messages<FinalizationHydrator>(
        finalizations(reading_),
        std::move(command.messages),
        [this](auto batch) { return finalization_.finalize(std::move(batch)); }
    );
}

asio::awaitable<BatchReport> TaskFinalizerActor::handle(FinalizeTaskFromEvent /*command*/) {
    return drain_queue(finalizations(reading_), [this](auto messages) {
        return handle(FinalizeTaskFromMessage{std::move(messages)});
    });
}

asio::awaitable<std::int64_t> TaskFinalizerActor::handle(ArchiveTasks /*command*/) {
    return maintenance_.archive();
}

asio::awaitable<std::string> TaskFinalizerActor::handle(MaintainHistory /*command*/) {
    return maintenance_.maintain();
}

}  // namespace tenon::orchestration
