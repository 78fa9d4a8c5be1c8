#pragma once

#include "tidy/source_tree.hpp"

namespace tenon::tidy {

/// Headers whose first line of code is not `#pragma once`.
Violations unguarded_headers(const SourceTree& files);

/// Types, namespaces, files and folders whose names say nothing (…Manager, …Helper, …Util).
Violations empty_names(const SourceTree& files);

/// Notes to self, and tests that are switched off or skip themselves.
Violations unfinished_work(const SourceTree& files);

/// SQL statements in the host's C++: they belong in a .sql file. Heuristic: a string literal that
/// begins like a statement.
Violations sql_outside_sql_files(const SourceTree& files);

}  // namespace tenon::tidy
