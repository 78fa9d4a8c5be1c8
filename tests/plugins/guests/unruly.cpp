// Bad habits that need C++: exceptions where none may leave.
#include <tenon/plugin.hpp>

TENON_PLUGIN("guest.unruly_cpp", "1.0.0");

namespace {

[[maybe_unused]] tenon_status let_out(void* /*self*/, tenon_call* /*call*/, const tenon_step*) {
    throw std::runtime_error("out of the blue");
}

#if defined(GUEST_THROW_ON_LOAD)
const int thrown = [] {
    throw std::runtime_error("not today");
    return 0;
}();
#endif

const struct Add {
    Add() {
        handler.size = sizeof handler;
        handler.callable = "guest::LetOut";
        handler.call = &let_out;
        tenon::detail::handler_table().push_back(&handler);
    }

    tenon_handler handler{};
} add;

}  // namespace

TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "guest::LetOut");
