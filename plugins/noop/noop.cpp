// A step that does nothing, to measure what everything around it costs.

#include <tenon/plugin.hpp>

TENON_PLUGIN("com.tenon.noop", "1.0.0");

namespace noop {

class NoopHandler : public tenon::StepHandler {
    // `initialization.bytes` asks for a result of that many bytes; nothing is read without it.
    tenon::StepResult call(tenon::StepContext& context) override {
        const auto initialization = context.initialization();
        if (initialization.text() == "{}") {
            return {};
        }
        const auto bytes = context.initialization_or<std::uint32_t>("bytes", 0);
        if (bytes == 0) {
            return {};
        }
        constexpr std::uint32_t largest = 8U * 1024 * 1024;
        if (bytes < 2 || bytes > largest) {
            initialization.at("bytes").fail("0 or a size from 2 to 8388608");
        }
        return tenon::StepResult::raw('"' + std::string(bytes - 2, 'x') + '"');
    }
};

}  // namespace noop

TENON_HANDLER("noop::NoopHandler", noop::NoopHandler, {.concurrent = true, .idempotent = true});
