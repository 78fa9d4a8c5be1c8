#include "orchestration_fixture.hpp"

#include "messaging/queue_names.hpp"
#include "orchestration/actors/result_processor_actor.hpp"
#include "orchestration/actors/step_enqueuer_actor.hpp"
#include "orchestration/actors/task_finalizer_actor.hpp"
#include "orchestration/actors/task_request_actor.hpp"

namespace tenon::testing {

OrchestrationTest::OrchestrationTest()
    : initialization_(
          needs(),
          tasks_,
          threads_,
          {.fed = [this](const auto& namespaces) { note("fed " + namespaces.front()); }, .start = {}
          }
      ),
      results_(
          needs(),
          {.fed = [this](const auto& namespaces) { note("fed " + namespaces.front()); },
           .retry_scheduled = [this](std::chrono::milliseconds) { note("retry"); },
           .finalizations_sent = [this] { note("finalizations"); }}
      ),
      finalization_(
          needs(),
          [this](const auto& tasks) {
              for (const auto& task : tasks) {
                  note("ended " + task.state);
              }
          }
      ),
      enqueuing_(
          needs(),
          steps_,
          [this](const auto& namespaces) { note("fed " + namespaces.front()); }
      ),
      maintenance_(needs(), {}) {
    build_actors();
}

OrchestrationTest::~OrchestrationTest() {
    loop_.stop();
    threads_.stop();
}

void OrchestrationTest::build_actors() {
    using namespace orchestration;
    commands_.connect(
        actors_.build<TaskRequestActor>(initialization_, cancellation_, query_, reading_)
    );
    commands_.connect(actors_.build<ResultProcessorActor>(results_, reading_));
    commands_.connect(actors_.build<StepEnqueuerActor>(enqueuing_));
    commands_.connect(actors_.build<TaskFinalizerActor>(finalization_, maintenance_, reading_));
    actors_.start();
}

std::string OrchestrationTest::send(std::string_view queue, const std::string& message) {
    return sql().value("SELECT pgmq.send($1, $2::jsonb)", {std::string(queue), message});
}

std::string OrchestrationTest::send_result(
    TaskId task,
    StepNo step_no,
    const std::string& outcome
) {
    return send(
        messaging::step_results_queue,
        R"({"task_uuid":")" + task.to_string() + R"(","step_uuid":")" +
            step_id(task, step_no).to_string() + '"' + (outcome.empty() ? "" : "," + outcome) + "}"
    );
}

std::string OrchestrationTest::waiting(std::string_view queue) {
    return sql().value("SELECT count(*) FROM pgmq.q_" + std::string(queue));
}

std::string OrchestrationTest::archived(std::string_view queue) {
    return sql().value(
        "SELECT coalesce(string_agg(message ->> 'reason', '|' ORDER BY msg_id), '') FROM pgmq.a_" +
        std::string(queue)
    );
}

std::map<std::string, int> OrchestrationTest::announced() {
    const std::scoped_lock lock(mutex_);
    return announced_;
}

bool OrchestrationTest::await_announced(const std::string& what, int count) {
    std::unique_lock lock(mutex_);
    return news_.wait_for(lock, std::chrono::seconds(20), [&] {
        return announced_[what] >= count;
    });
}

void OrchestrationTest::note(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    ++announced_[what];
    news_.notify_all();
}

}  // namespace tenon::testing
