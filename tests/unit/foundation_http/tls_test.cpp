// A server behind a certificate.

#include "foundation/http/http_client.hpp"
#include "foundation/http/tls/server_tls.hpp"
#include "support/credentials.hpp"
#include "support/private_directory.hpp"
#include "unit/foundation_http/toy_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::HasSubstr;
using testing::PrivateDirectory;
using testing::RawConnection;
using testing::SigningKey;
using testing::ToyServer;
using namespace std::chrono_literals;

class TlsTest : public ::testing::Test {
protected:
    void write(const SigningKey& key) {
        directory_.write("cert.pem", key.certificate());
        directory_.write("key.pem", key.private_pem());
    }

    ServerTls::Options files() const {
        return {
            .certificate = directory_.path() / "cert.pem",
            .key = directory_.path() / "key.pem",
            .look_again = 0ms
        };
    }

    void serve(HttpLimits limits = {}) {
        server_ = std::make_unique<ToyServer>(
            limits, ToyServer::Guards{.tls = std::make_shared<ServerTls>(files())}
        );
    }

    HttpClient client(const SigningKey& trusted, std::string host = "127.0.0.1") const {
        return HttpClient(
            {.url = "https://" + host + ":" + std::to_string(server_->port()),
             .ca_file = directory_.write("ca.pem", trusted.certificate())}
        );
    }

    /// Why it gets no answer.
    static std::string failure_of(HttpClient client) {
        try {
            return client.get("/hello").body;
        } catch (const Exception& failure) {
            return failure.what();
        }
    }

    PrivateDirectory directory_;
    SigningKey key_ = SigningKey::ec();
    std::unique_ptr<ToyServer> server_;
};

TEST_F(TlsTest, ServesRequestsAndStreamsOverOneConnection) {
    write(key_);
    serve();
    auto https = client(key_);
    EXPECT_EQ(https.get("/hello").body, "hello");
    const std::string body(300'000, 'x');
    EXPECT_EQ(https.post("/echo", body).body, body);
    std::string pieces;
    EXPECT_EQ(
        https.stream(
                 "/stream/finite", {}, [&](auto piece) { return pieces += piece, true; }
        ).status,
        200U
    );
    EXPECT_EQ(pieces, "piece 1piece 2piece 3");
    EXPECT_EQ(client(key_, "localhost").get("/hello").body, "hello");
}

TEST_F(TlsTest, IsRefusedByClientsThatTrustAnother) {
    write(key_);
    serve();
    EXPECT_THAT(failure_of(client(SigningKey::ec())), HasSubstr("certificate verify failed"));
    EXPECT_THAT(failure_of(client(key_, "127.1")), HasSubstr("certificate verify failed"))
        << "the certificate is of another name";
    EXPECT_EQ(client(key_).get("/hello").body, "hello");
}

TEST_F(TlsTest, ClosesOnWhoSpeaksInTheClearOrNotAtAll) {
    write(key_);
    serve();
    RawConnection clear(server_->port());
    clear.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_FALSE(clear.receive());
    const RawConnection silent(server_->port());
    EXPECT_EQ(client(key_).get("/hello").body, "hello") << "others are served meanwhile";
}

TEST_F(TlsTest, UsesARenewedCertificateAndKeepsItOverABrokenFile) {
    write(key_);
    serve();
    const auto renewed = SigningKey::rsa();
    write(renewed);
    const auto later = std::filesystem::file_time_type::clock::now() + 10s;
    std::filesystem::last_write_time(files().certificate, later);
    EXPECT_EQ(client(renewed).get("/hello").body, "hello");
    EXPECT_THAT(failure_of(client(key_)), HasSubstr("certificate verify failed"));

    std::filesystem::last_write_time(directory_.write("cert.pem", "broken"), later + 1s);
    EXPECT_EQ(client(renewed).get("/hello").body, "hello");
}

TEST_F(TlsTest, RefusesFilesThatDoNotFit) {
    const auto why = [&] {
        try {
            const ServerTls tls(files());
            return std::string("(accepted)");
        } catch (const Exception& failure) {
            return std::string(failure.what());
        }
    };
    EXPECT_THAT(why(), HasSubstr("cert.pem' for TLS: "));
    write(key_);
    EXPECT_EQ(why(), "(accepted)");
    directory_.write("key.pem", SigningKey::ec().private_pem());
    EXPECT_THAT(why(), HasSubstr("key.pem'"));
    directory_.write("key.pem", "nonsense");
    EXPECT_THAT(why(), HasSubstr("key.pem' for TLS: "));
}

TEST_F(TlsTest, AnswersASlowRequestThroughItsTls) {
    write(key_);
    serve({.read = 200ms});
    auto https = client(key_);
    EXPECT_EQ(https.get("/hello").status, 200U);
    EXPECT_EQ(https.get("/hello").status, 200U) << "the connection is kept";
}

}  // namespace
}  // namespace tenon
