#include "database/conninfo.hpp"

#include "foundation/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::database {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Conninfo, ReadsUrlsAndKeywordsAlike) {
    const Conninfo url("postgresql://me:p%40ss@db.example:6000/orders?sslmode=require");
    const Conninfo words("host=db.example port=6000 user=me password=p@ss dbname=orders");
    EXPECT_EQ(url.get("password"), "p@ss");
    EXPECT_EQ(url.get("sslmode"), "require");
    EXPECT_EQ(url.endpoint(), "db.example:6000, database orders");
    EXPECT_EQ(words.endpoint(), url.endpoint());
}

TEST(Conninfo, ItsEndpointNeverShowsThePassword) {
    const Conninfo conninfo("postgresql://me:s3cret@h/d");
    EXPECT_THAT(conninfo.endpoint(), Not(HasSubstr("s3cret")));
    EXPECT_THAT(conninfo.to_string(), HasSubstr("password='s3cret'"));
}

TEST(Conninfo, DefaultsYieldToTheTextAndSetDoesNot) {
    Conninfo conninfo("host=a connect_timeout=9");
    conninfo.set_default("connect_timeout", "5");
    conninfo.set_default("keepalives", "1");
    conninfo.set("host", "b");
    EXPECT_EQ(conninfo.get("connect_timeout"), "9");
    EXPECT_EQ(conninfo.get("keepalives"), "1");
    EXPECT_EQ(conninfo.get("host"), "b");
}

TEST(Conninfo, SurvivesItsOwnQuoting) {
    Conninfo conninfo("");
    conninfo.set("host", "/it's \\ a=\"dir\"");
    conninfo.set("password", "");
    const Conninfo again(conninfo.to_string());
    EXPECT_EQ(again.get("host"), "/it's \\ a=\"dir\"");
}

TEST(Conninfo, RefusesNonsenseWithoutRepeatingIt) {
    try {
        Conninfo("postgresql://me:s3cret@h:port:port/d?x");
        FAIL() << "that is no URL";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::invalid_input);
        EXPECT_THAT(error.what(), HasSubstr("write it as postgresql://USER:PASSWORD@HOST:5432/"));
        EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
    }
}

}  // namespace
}  // namespace tenon::database
