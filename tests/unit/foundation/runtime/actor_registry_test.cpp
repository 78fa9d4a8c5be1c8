#include "foundation/runtime/actor_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Diary = std::vector<std::string>;

/// Writes down what happens to it.
class Diarist {
public:
    Diarist(std::string name, Diary& diary) : name_(std::move(name)), diary_(diary) {}

    ~Diarist() { diary_.push_back("~" + name_); }

    Diarist(const Diarist&) = delete;
    Diarist& operator=(const Diarist&) = delete;

    const std::string& name() const { return name_; }

    void started() {
        if (fails_to_start) {
            throw std::runtime_error(name_ + " cannot start");
        }
        diary_.push_back("+" + name_);
    }

    void stopped() {
        diary_.push_back("-" + name_);
        if (fails_to_stop) {
            throw std::runtime_error(name_ + " cannot stop");
        }
    }

    bool fails_to_start = false;
    bool fails_to_stop = false;

private:
    const std::string name_;
    Diary& diary_;
};

struct Nameless {
    void started() {}

    void stopped() {}
};

static_assert(Actor<Diarist>);
static_assert(!Actor<Nameless>);

TEST(ActorRegistry, StartsInTheOrderOfBuildingAndStopsInReverse) {
    Diary diary;
    ActorRegistry actors;
    for (const auto* name : {"a", "b", "c"}) {
        actors.build<Diarist>(name, diary);
    }
    EXPECT_THAT(actors.running(), IsEmpty());
    actors.start();
    EXPECT_THAT(actors.running(), ElementsAre("a", "b", "c"));
    actors.stop();
    EXPECT_THAT(actors.running(), IsEmpty());
    EXPECT_THAT(diary, ElementsAre("+a", "+b", "+c", "-c", "-b", "-a"));
}

TEST(ActorRegistry, StopsTheStartedOnesInReverseWhenALaterOneCannotStart) {
    Diary diary;
    ActorRegistry actors;
    actors.build<Diarist>("a", diary);
    actors.build<Diarist>("b", diary);
    auto& last = actors.build<Diarist>("c", diary);
    last.fails_to_start = true;
    try {
        actors.start();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "c cannot start");
    }
    EXPECT_THAT(diary, ElementsAre("+a", "+b", "-b", "-a"));
    EXPECT_THAT(actors.running(), IsEmpty());

    diary.clear();
    last.fails_to_start = false;
    actors.start();
    EXPECT_THAT(diary, ElementsAre("+a", "+b", "+c"));
}

TEST(ActorRegistry, AnActorThatCannotStopHoldsUpNoOther) {
    Diary diary;
    ActorRegistry actors;
    actors.build<Diarist>("a", diary);
    actors.build<Diarist>("b", diary).fails_to_stop = true;
    actors.start();
    actors.stop();
    EXPECT_THAT(diary, ElementsAre("+a", "+b", "-b", "-a"));
}

TEST(ActorRegistry, StopsAndDestroysInReverseAtItsEnd) {
    Diary diary;
    {
        ActorRegistry actors;
        actors.build<Diarist>("a", diary);
        actors.build<Diarist>("b", diary);
        actors.start();
    }
    EXPECT_THAT(diary, ElementsAre("+a", "+b", "-b", "-a", "~b", "~a"));
}

TEST(ActorRegistry, StartingOrStoppingTwiceIsOnce) {
    Diary diary;
    ActorRegistry actors;
    actors.build<Diarist>("a", diary);
    actors.start();
    actors.start();
    actors.stop();
    actors.stop();
    EXPECT_THAT(diary, ElementsAre("+a", "-a"));
}

TEST(ActorRegistry, BuildsEachActorOnceAndOnlyBeforeTheStart) {
    Diary diary;
    ActorRegistry actors;
    actors.build<Diarist>("a", diary);
    EXPECT_THROW(actors.build<Diarist>("a", diary), std::logic_error);
    actors.start();
    EXPECT_THROW(actors.build<Diarist>("b", diary), std::logic_error);
    EXPECT_THAT(actors.running(), ElementsAre("a"));
}

}  // namespace
}  // namespace tenon
