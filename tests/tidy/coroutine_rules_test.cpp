#include "tidy/coroutine_rules.hpp"

#include "tidy/violation_matchers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TidyCoroutines, AllOfThisRepositoryHaveAnOwner) {
    EXPECT_THAT(detached_coroutines(repository()), IsEmpty());
}

TEST(TidyCoroutines, ADetachedOneIsFoundInCodeOnly) {
    const SourceTree files{
        snippet("host/a.cpp", "// asio::detached is banned\nco_spawn(x, f(), asio::detached);\n"),
        snippet("host/b.cpp", "const auto* ban = \"asio::detached\";\n"),
    };
    EXPECT_THAT(detached_coroutines(files), ElementsAre(At("host/a.cpp", 2)));
}

TEST(TidyCoroutines, NoneOfThisRepositoryIsACapturingLambda) {
    EXPECT_THAT(capturing_coroutines(repository()), IsEmpty());
}

TEST(TidyCoroutines, ALambdaMayCaptureOrAwaitButNotBoth) {
    const SourceTree files{
        snippet("a.cpp", "spawn([this]() -> asio::awaitable<void> {\n    co_await run();\n});\n"),
        snippet("b.cpp", "spawn([&] { if (x) { go(); } co_return; });\n"),
        snippet("c.cpp", "spawn([](Run run) -> asio::awaitable<void> { co_await run(); });\n"),
        snippet("d.cpp", "post([this] { run(); });\nco_return;\n"),
        snippet("e.cpp", "[[nodiscard]] asio::awaitable<int> f() { co_return values[i]; }\n"),
    };
    EXPECT_THAT(capturing_coroutines(files), ElementsAre(At("a.cpp", 1), At("b.cpp", 1)));
}

TEST(TidyCoroutines, NothingInThisRepositoryIsBuiltInsideAnAwait) {
    EXPECT_THAT(temporaries_in_awaits(repository()), IsEmpty());
}

TEST(TidyCoroutines, WhatIsAwaitedIsNamedFirst) {
    const SourceTree files{
        snippet("a.cpp", "int x;\nco_await send(Request{1});\n"),
        snippet("b.cpp", "co_await run([x] { return x; });\n"),
        snippet("c.cpp", "co_await (ready ? now() : later());\n"),
        snippet("d.cpp", "auto r = ready ? co_await now() : 0;\n"),
        snippet("fine.cpp", "co_await send(std::move(request), values[i]);\nauto y = a ? b : c;\n"),
        snippet("binding.cpp", "const auto [failure, size] = co_await read(buffer);\n"),
        snippet("visit.cpp", "co_await std::visit(Overloaded{[this](X x) { return f(x); }}, v);\n"),
        snippet("text.cpp", "co_await send(\"Request{1} ? no : yes\");\n"),
    };
    EXPECT_THAT(
        temporaries_in_awaits(files),
        ElementsAre(At("a.cpp", 2), At("b.cpp", 1), At("c.cpp", 1), At("d.cpp", 1))
    );
}

}  // namespace
}  // namespace tenon::tidy
