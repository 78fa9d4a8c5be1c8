#pragma once

#include "tidy/source_tree.hpp"

namespace tenon::tidy {

/// Coroutines that nobody owns: their exceptions vanish and nobody can stop them.
Violations detached_coroutines(const SourceTree& files);

/// Coroutines that are lambdas with captures: the captures die with the lambda object, at the first
/// suspension, while the coroutine goes on using them.
Violations capturing_coroutines(const SourceTree& files);

/// Temporaries built inside a `co_await` expression and `co_await` inside `?:`, which GCC 12
/// destroys twice or too early: name it, then await it.
Violations temporaries_in_awaits(const SourceTree& files);

}  // namespace tenon::tidy
