#pragma once

#include "domain/step/step_outcome.hpp"
#include "worker/services/step_inbox.hpp"

namespace tenon::worker {

/// Sends what came of steps on the way to the database: the step pump carries it in its next call,
/// settles it there or, in the queued profile, submits it to the orchestration role, and repeats
/// that until the database has it. [any-thread]
class ResultSender {
public:
    explicit ResultSender(StepInbox& inbox) : inbox_(inbox) {}

    /// A handler ended: its slot gets free when the result is on its way.
    void send(SettledStep step) { inbox_.add(std::move(step)); }

    /// A step is settled in place of its handler, which would not end and keeps its slot until it
    /// does. False when the step is not this host's, or was settled meanwhile.
    bool send_instead(SettledStep step);

    /// A handler ended whose step had been settled in its place: only its slot gets free.
    void discard(StepId step);

private:
    StepInbox& inbox_;
};

}  // namespace tenon::worker
