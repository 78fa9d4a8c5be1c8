#pragma once

#include <string>
#include <string_view>

namespace tenon {

/// `text` with `***` in place of what must not be shown: the password in a URL or a connection
/// string (`password=`, `sslpassword=`), what follows `Bearer`, the secret of an API key, and JWTs.
/// For log lines and for details of refusals, whoever wrote them. [any-thread]
std::string redact(std::string_view text);

}  // namespace tenon
