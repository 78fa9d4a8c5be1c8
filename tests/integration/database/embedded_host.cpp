// A host in miniature, to be killed: runs an embedded server until its standard input ends.
// Usage: embedded_host <data directory>. Prints "<postmaster pid>" when the server is ready, or
// the error sentence.

#include "database/embedded_server.hpp"

#include <exception>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    tenon::database::EmbeddedServer server({.data_directory = argv[1]});
    try {
        server.start();
    } catch (const std::exception& error) {
        std::cout << error.what() << std::endl;
        return 1;
    }
    std::cout << server.postmaster_pid() << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
    }
}
