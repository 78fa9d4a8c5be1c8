#pragma once

#include "database/connection_pool.hpp"

#include <cstdint>
#include <string>

namespace tenon::database {

/// What is known of steps that took down the process that ran them. [pool]
class CrashRepository {
public:
    explicit CrashRepository(ConnectionPool& pool) : pool_(pool) {}

    struct Report {
        std::string step_uuid;
        std::int32_t attempt = 1;
        std::string sha256;  ///< Of the build.
        std::string what;    ///< A sentence.
    };

    /// A host crashed in this attempt. The same again changes nothing. False where the database
    /// knows no such attempt, or none any more.
    bool report(const Report& report);

    /// Steps are not tried again after so many crashes, by any host.
    void set_poison_after(std::int32_t crashes);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
