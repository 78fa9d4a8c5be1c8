#pragma once

#include "weather/private_program.hpp"

#include <string>

namespace tenon::testing {

/// Debian's pgbouncer before a server, on a socket of its own.
class Pooler {
public:
    /// `mode`: transaction or session. Returns when it accepts connections.
    Pooler(std::string server_directory, std::string mode);

    /// How libpq connects through it.
    std::string conninfo() const;

    void start();
    void stop();

private:
    PrivateProgram program_;
};

}  // namespace tenon::testing
