#pragma once

#include "database/repositories/bench/bench_repository.hpp"

#include <string>

namespace tenon::app {

/// A transaction with a snapshot that is open as long as this lives, as a forgotten session or a
/// long report would be: vacuum may remove nothing that was visible to it.
class HeldSnapshot {
public:
    explicit HeldSnapshot(const std::string& conninfo) : database_(conninfo) {
        database_.hold_snapshot();
    }

private:
    database::BenchRepository database_;
};

}  // namespace tenon::app
