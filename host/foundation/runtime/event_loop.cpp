#include "foundation/runtime/event_loop.hpp"

#include "foundation/telemetry/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>
#include <string_view>
#include <utility>

namespace tenon {
namespace {

std::string reason_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an unknown exception";
    }
}

}  // namespace

EventLoop::EventLoop(std::string name)
    : name_(std::move(name)),
      busy_(context_.get_executor()),
      coroutines_(
          context_.get_executor(),
          [this](std::string_view coroutine, const std::exception_ptr& failure) {
              log::error(name_, std::string(coroutine) + " ended: " + reason_of(failure));
          }
      ),
      thread_([this] { context_.run(); }) {}

EventLoop::~EventLoop() {
    stop();
}

void EventLoop::stop() {
    if (!thread_.joinable()) {
        return;
    }
    coroutines_.stop();
    asio::co_spawn(context_, coroutines_.join(), asio::use_future).wait();
    busy_.reset();
    thread_.join();
}

}  // namespace tenon
