#pragma once

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>

namespace tenon {

/// A server's certificate and its key: TLS 1.2 and later. The files are read again when they
/// changed, so that a renewed certificate needs no restart. [any-thread]
class ServerTls {
public:
    struct Options {
        std::filesystem::path certificate;  ///< PEM, with the chain after it.
        std::filesystem::path key;          ///< PEM, not encrypted.
        std::chrono::milliseconds look_again{5000};
    };

    /// Throws ErrorCode::invalid_input when the files are not a certificate and its key.
    explicit ServerTls(Options options);

    /// What the next connection uses.
    std::shared_ptr<boost::asio::ssl::context> context();

private:
    using Context = std::shared_ptr<boost::asio::ssl::context>;
    using FileTime = std::filesystem::file_time_type;

    FileTime written() const;

    const Options options_;
    std::mutex mutex_;  // The event loop's threads accept, and one of them reads the files anew.
    Context context_;
    FileTime written_;
    std::chrono::steady_clock::time_point looked_;
};

}  // namespace tenon
