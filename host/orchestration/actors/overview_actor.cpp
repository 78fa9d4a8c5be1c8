#include "orchestration/actors/overview_actor.hpp"

#include "orchestration/services/overview_service.hpp"

#include <utility>

namespace tenon::orchestration {

using database::OverviewRepository;

asio::awaitable<ListTasks::Reply> OverviewActor::handle(ListTasks query) {
    return overview_.ask([query = std::move(query)](OverviewRepository& overview) {
        return overview.tasks(query.filter);
    });
}

asio::awaitable<GetTaskSummary::Reply> OverviewActor::handle(GetTaskSummary query) {
    return overview_.ask([query](OverviewRepository& overview) {
        return overview.task_summary(query.task);
    });
}

asio::awaitable<ListHosts::Reply> OverviewActor::handle(ListHosts query) {
    return overview_.ask([query = std::move(query)](OverviewRepository& overview) {
        return overview.hosts(query.state);
    });
}

asio::awaitable<GetPerformance::Reply> OverviewActor::handle(GetPerformance query) {
    return overview_.ask([query](OverviewRepository& overview) {
        return overview.performance(query.hours);
    });
}

asio::awaitable<ListBottlenecks::Reply> OverviewActor::handle(ListBottlenecks query) {
    return overview_.ask([query](OverviewRepository& overview) {
        return overview.bottlenecks(query.ranking);
    });
}

}  // namespace tenon::orchestration
