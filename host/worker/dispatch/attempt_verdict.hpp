#pragma once

#include "domain/step/step_outcome.hpp"
#include "worker/dispatch/cancel_token.hpp"

#include <cstdint>

namespace tenon::worker {

/// Yields in a row at one checkpoint, after which a handler is taken for one that gets nowhere.
inline constexpr std::int32_t most_stalls = 10;

/// What is known of a call that ended, besides what its handler said.
struct AttemptFacts {
    std::int32_t stalls = 0;  ///< As claimed: yields in a row that saved nothing new.
    bool moved = false;       ///< It stored a checkpoint that differs from the one it began with.
    CancelReason asked = CancelReason::none;  ///< Why it was asked to stop, if it was.
};

/// What the database is told of what a handler said. A handler that stopped because its host goes
/// or has a newer build of it is not to blame: its step goes back, uncounted. One that yields again
/// and again where it was makes no progress: it fails, with the code NO_PROGRESS.
SettledOutcome judge_attempt(StepOutcome said, const AttemptFacts& facts);

}  // namespace tenon::worker
