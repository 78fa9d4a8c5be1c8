#include "database/notification_stream.hpp"

#include "database/conninfo.hpp"
#include "database/sql_error.hpp"
#include "foundation/error.hpp"

#include <array>
#include <cerrno>
#include <libpq-fe.h>
#include <poll.h>

namespace tenon::database {
namespace {

using ResultHandle = std::unique_ptr<PGresult, decltype(&PQclear)>;

}  // namespace

NotificationStream::NotificationStream(
    const std::string& conninfo,
    const std::vector<std::string_view>& channels
)
    : connection_(nullptr, &finish) {
    const std::array keywords{
        "dbname",
        "application_name",
        "connect_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        static_cast<const char*>(nullptr)
    };
    const std::array values{
        conninfo.c_str(), "tenon listener", "5", "5", "2", "3", static_cast<const char*>(nullptr)
    };
    connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        throw Exception(
            unreachable(Conninfo(conninfo).endpoint(), PQerrorMessage(connection_.get()))
        );
    }
    // Otherwise libpq writes what the server says at its end to stderr, beside the log.
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    echo_channel_ = "tenon_echo_" + std::to_string(PQbackendPID(connection_.get()));
    listen(echo_channel_);
    for (const auto channel : channels) {
        listen(channel);
    }
}

void NotificationStream::listen(std::string_view channel) {
    const auto statement = "LISTEN " + std::string(channel);
    const ResultHandle reply(PQexec(connection_.get(), statement.c_str()), &PQclear);
    if (PQresultStatus(reply.get()) != PGRES_COMMAND_OK) {
        fail();
    }
}

void NotificationStream::call() {
    if (!answered_) {
        return;
    }
    const auto statement = "NOTIFY " + echo_channel_;
    if (PQsendQuery(connection_.get(), statement.c_str()) == 0) {
        fail();
    }
    answered_ = false;
}

// The statement must be read to its end, or the next could not be sent.
void NotificationStream::finish_call() {
    while (PQisBusy(connection_.get()) == 0) {
        const ResultHandle reply(PQgetResult(connection_.get()), &PQclear);
        if (!reply) {
            return;
        }
        if (PQresultStatus(reply.get()) != PGRES_COMMAND_OK) {
            fail();
        }
    }
}

std::vector<Notification> NotificationStream::wait(std::chrono::milliseconds limit) {
    auto arrived = take();
    if (!arrived.empty()) {
        return arrived;
    }
    pollfd descriptor{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&descriptor, 1, static_cast<int>(limit.count()));
    if (ready < 0 && errno != EINTR) {
        fail();
    }
    if (ready > 0 && PQconsumeInput(connection_.get()) == 0) {
        fail();
    }
    return take();
}

std::vector<Notification> NotificationStream::take() {
    std::vector<Notification> arrived;
    finish_call();
    while (auto* notify = PQnotifies(connection_.get())) {
        if (notify->relname == echo_channel_) {
            answered_ = true;
        } else {
            arrived.push_back({.channel = notify->relname, .payload = notify->extra});
        }
        PQfreemem(notify);
    }
    return arrived;
}

void NotificationStream::fail() const {
    throw Exception(
        {ErrorCode::unavailable,
         "the listener's connection broke: " + std::string(PQerrorMessage(connection_.get()))}
    );
}

void NotificationStream::finish(pg_conn* connection) noexcept {
    PQfinish(connection);
}

}  // namespace tenon::database
