#pragma once

#include "foundation/http/http_server.hpp"
#include "foundation/http/router.hpp"
#include "foundation/runtime/task_group.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <thread>

namespace tenon::app {

/// Where a host listens unless it is told: loopback, port 8080, or 8081 without orchestration.
ListenAddress usual_address(bool orchestration);

/// The host's HTTP server on an event loop and a thread of its own. Failures go to the log.
class HttpFront {
public:
    /// Listens at once; callers wait until `start`. Throws when the address cannot be had. [setup]
    HttpFront(Router router, HttpServer::Options options);
    ~HttpFront();
    HttpFront(const HttpFront&) = delete;
    HttpFront& operator=(const HttpFront&) = delete;

    const ListenAddress& address() const noexcept { return server_.listen_address(); }

    /// Whom it let in and whom not; all 0 where it asks nobody.
    Gatekeeper::Statistics access() const;

    void start();

    /// Lets requests in flight finish, for a bounded time.
    void stop();

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> busy_;
    TaskGroup coroutines_;
    std::shared_ptr<Gatekeeper> gate_;
    std::string_view scheme_;
    HttpServer server_;
    std::thread loop_;
};

}  // namespace tenon::app
