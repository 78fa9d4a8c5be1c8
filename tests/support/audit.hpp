#pragma once

#include "support/postgres.hpp"

#include <string>
#include <vector>

namespace tenon::testing {

/// Holds the whole audit trail of a database against the laws of the domain; one sentence for each
/// breach. The laws, for every task and every step: its chain of transitions begins in pending, has
/// no gap, takes only hops that the state machine allows, and ends in the state of the row; a step
/// is settled at most once; each claim, and each result of a worker that does not claim, has the
/// next attempt number, except after one that was given back and after an operator's reset; the
/// row's attempts are those of the chain; a complete task waits on nothing.
std::vector<std::string> audit_violations(SqlSession& sql);

/// Holds the queues of events against the audit trail, where no consumer has taken any: one
/// sentence for each step whose durable events on condition `always` are not as many as its settled
/// attempts, and for each event that is there twice.
std::vector<std::string> event_violations(SqlSession& sql);

}  // namespace tenon::testing
