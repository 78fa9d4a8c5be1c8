#include "app/bench/load/submission.hpp"

namespace tenon::app {
namespace {

class SqlSubmitter : public Submitter {
public:
    SqlSubmitter(const std::string& conninfo, TaskMix& mix, bool ring)
        : database_(conninfo), mix_(mix), ring_(ring) {}

    Submitted submit(std::int32_t count) override {
        Submitted all;
        for (const auto& share : mix_.next(count)) {
            const auto& kind = mix_.kind(share.kind);
            const auto tasks = database_.submit(kind.workload, share.count, ring_);
            all.tasks.insert(all.tasks.end(), tasks.begin(), tasks.end());
            all.steps += static_cast<std::int64_t>(tasks.size()) * kind.steps;
        }
        return all;
    }

    std::int32_t most_per_call() const override { return 1000; }

private:
    database::BenchRepository database_;
    TaskMix& mix_;
    const bool ring_;
};

}  // namespace

std::vector<TaskMix::Share> TaskMix::next(std::int32_t count) {
    const auto kinds = kinds_.size();
    const auto tasks = static_cast<std::uint64_t>(count);
    const auto first = turn_.fetch_add(tasks);
    std::vector<Share> shares;
    for (std::size_t i = 0; i < kinds && i < tasks; ++i) {
        const auto more = tasks % kinds > i ? 1U : 0U;
        shares.push_back(
            {.kind = (first + i) % kinds, .count = static_cast<std::int32_t>(tasks / kinds + more)}
        );
    }
    return shares;
}

double TaskMix::steps_per_task() const {
    double steps = 0;
    for (const auto& kind : kinds_) {
        steps += static_cast<double>(kind.steps);
    }
    return steps / static_cast<double>(kinds_.size());
}

std::unique_ptr<Submitter> sql_submitter(const std::string& conninfo, TaskMix& mix, bool ring) {
    return std::make_unique<SqlSubmitter>(conninfo, mix, ring);
}

}  // namespace tenon::app
