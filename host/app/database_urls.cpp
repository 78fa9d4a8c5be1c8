#include "app/database_urls.hpp"

#include "database/conninfo.hpp"
#include "database/repositories/session_probe.hpp"
#include "foundation/error.hpp"

#include <fmt/format.h>
#include <utility>

namespace tenon::app {
namespace {

[[noreturn]] void refuse(std::string sentence) {
    throw Exception({ErrorCode::invalid_input, std::move(sentence)});
}

std::string endpoint(const std::string& conninfo) {
    return database::Conninfo(conninfo).endpoint();
}

// Presence would seem to be there and be gone: others would run what this host still runs.
void refuse_shared_sessions(const std::string& conninfo, std::string_view option) {
    if (!database::keeps_sessions(conninfo)) {
        refuse(fmt::format(
            "{} ({}) leads to a pooler that shares sessions between clients, so the locks by which "
            "this host is known to live would not stay; give the address of the server itself as "
            "--direct-url (TENON_DIRECT_URL)",
            option,
            endpoint(conninfo)
        ));
    }
}

void refuse_other_database(const HostOptions& options) {
    if (database::database_identity(options.database_url) !=
        database::database_identity(options.direct_url)) {
        refuse(fmt::format(
            "--direct-url ({}) leads to another database than --database-url ({}); correct one of "
            "them",
            endpoint(options.direct_url),
            endpoint(options.database_url)
        ));
    }
}

}  // namespace

std::string session_conninfo(const HostOptions& options) {
    if (options.direct_url.empty()) {
        if (!options.database_url.empty()) {
            refuse_shared_sessions(options.database_url, "--database-url");
        }
        return options.database_url;
    }
    if (options.database_url.empty()) {
        refuse("--direct-url is given without --database-url; give that one alone, or both");
    }
    refuse_shared_sessions(options.direct_url, "--direct-url");
    refuse_other_database(options);
    return options.direct_url;
}

}  // namespace tenon::app
