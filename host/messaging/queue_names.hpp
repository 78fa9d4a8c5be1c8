#pragma once

#include <string>
#include <string_view>

namespace tenon::messaging {

/// Steps of a namespace that wait for a worker.
inline std::string namespace_queue(std::string_view namespace_name) {
    return std::string(namespace_name) + "_queue";
}

}  // namespace tenon::messaging
