#pragma once

#include "foundation/http/access/permission.hpp"

#include <string>

namespace tenon {

/// Who sent a request, as far as its credentials say.
struct Caller {
    std::string name{};  ///< E.g. "key deploy" or a token's subject; empty: nobody in particular.
    Grants grants{};
};

}  // namespace tenon
