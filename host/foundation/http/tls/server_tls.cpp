#include "foundation/http/tls/server_tls.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <openssl/ssl.h>
#include <string>
#include <system_error>
#include <utility>

namespace tenon {

namespace ssl = boost::asio::ssl;

namespace {

std::shared_ptr<ssl::context> load(const ServerTls::Options& options) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
    // Without it OpenSSL would ask the terminal for the password of an encrypted key.
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; });
    auto file = options.certificate;
    try {
        context->use_certificate_chain_file(options.certificate.string());
        file = options.key;
        context->use_private_key_file(options.key.string(), ssl::context::pem);
    } catch (const boost::system::system_error& failure) {
        throw Exception(
            {ErrorCode::invalid_input,
             "cannot use '" + file.string() + "' for TLS: " + failure.code().message() +
                 "; give a certificate and its unencrypted key as PEM"}
        );
    }
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
        throw Exception(
            {ErrorCode::invalid_input,
             "'" + options.key.string() + "' is not the key of the certificate '" +
                 options.certificate.string() + "'"}
        );
    }
    return context;
}

}  // namespace

ServerTls::ServerTls(Options options)
    : options_(std::move(options)),
      context_(load(options_)),
      written_(written()),
      looked_(std::chrono::steady_clock::now()) {}

std::shared_ptr<ssl::context> ServerTls::context() {
    const std::scoped_lock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < options_.look_again) {
        return context_;
    }
    looked_ = now;
    if (const auto latest = written(); latest != written_) {
        written_ = latest;
        try {
            context_ = load(options_);
            log::info("http", "read the certificate anew");
        } catch (const Exception& failure) {
            log::warning("http", std::string(failure.what()) + "; the one before stays");
        }
    }
    return context_;
}

ServerTls::FileTime ServerTls::written() const {
    std::error_code ignored;
    return std::max(
        std::filesystem::last_write_time(options_.certificate, ignored),
        std::filesystem::last_write_time(options_.key, ignored)
    );
}

}  // namespace tenon
