#pragma once

#include "app/configuration/key.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::app {

namespace schema {

/// What is wrong with a text that is no address to listen on; empty: it is one.
std::string check_listen(std::string_view text);

/// The same of a text that is no number of a user.
std::string check_user_id(std::string_view text);

constexpr Range day_of_ms{0, 86'400'000};
constexpr Range hour_of_ms{0, 3'600'000};
constexpr Range calls{1, 10'000};

/// Every key there is, a section after the other. To add one, add a row: its option, its variable,
/// its documentation, its checks and `tenon config` follow. Who wants its value asks a
/// Configuration for `key("section.word")`.
inline constexpr std::array all{
    text("database.url", "", "PostgreSQL to use")
        .shown("URL")
        .with_password()
        .unset("a private one"),
    text("database.direct_url", "", "the same database past a pooler, for what needs a session")
        .option("direct-url")
        .shown("URL")
        .with_password()
        .unset("that of database.url"),
    path("database.data_dir", "where the private PostgreSQL keeps its data")
        .option("data-dir")
        .unset("$XDG_DATA_HOME/tenon"),

    text("http.listen", "", "where HTTP listens; port 0 takes any free one")
        .option("listen")
        .shown("ADDRESS")
        .checked(check_listen)
        .unset("127.0.0.1:8080, or :8081 for a worker alone"),
    path("http.jwt_keys", "take bearer tokens signed by these: a public key (PEM) or a JWKS")
        .option("jwt-keys")
        .unset("no bearer tokens"),
    text("http.jwt_issuer", "", "what the 'iss' of bearer tokens must be")
        .option("jwt-issuer")
        .unset("needed with jwt_keys"),
    text("http.jwt_audience", "", "what the 'aud' of bearer tokens must be")
        .option("jwt-audience")
        .unset("needed with jwt_keys"),
    boolean("http.api_keys", false, "take the keys that 'tenon key' makes").option("api-keys"),
    boolean("http.unauthenticated", false, "let other machines in without asking who they are")
        .option("unauthenticated"),
    path("http.tls_certificate", "PEM, with its chain: HTTP through TLS")
        .option("tls-certificate")
        .unset("HTTP in the clear"),
    path("http.tls_key", "the certificate's key, PEM, not encrypted")
        .option("tls-key")
        .unset("needed with tls_certificate"),
    list("http.cors_origins", "pages of these origins may use the host")
        .option("cors-origins")
        .shown("ORIGIN,...")
        .unset("none"),
    integer(
        "http.requests_per_second",
        "0",
        {0, 1'000'000},
        "how many requests one caller may send; 0: no limit"
    )
        .option("requests-per-second"),
    integer("http.body_kib", "1024", {1, 65'536}, "the largest body that is read")
        .option("body-kib"),
    integer("http.connections", "1024", {1, 100'000}, "how many are served at once")
        .option("connections"),

    text("host.name", "", "what this host is called").option("name").unset("the machine's name"),
    choice(
        "host.role",
        "all",
        "all|orchestration|worker",
        "orchestration (tasks, retries, HTTP), worker (handlers) or both"
    )
        .option("role"),
    list("host.namespaces", "serve only these").option("namespaces").unset("every registered one"),
    integer(
        "host.stop_ms",
        "10000",
        hour_of_ms,
        "how long running handlers may take at shutdown, before they are asked to stop"
    )
        .option("stop-ms")
        .sighup(),
    integer(
        "host.kill_ms",
        "5000",
        hour_of_ms,
        "how long they may take after that, before the host goes without them"
    )
        .option("kill-ms")
        .sighup(),

    integer("dispatch.slots", "128", calls, "handlers that may run at once").option("slots"),
    integer("dispatch.lanes", "3", {1, 64}, "connections on the step path").option("lanes"),
    choice(
        "dispatch.profile",
        "direct",
        "direct|queued",
        "who evaluates results: the worker's own call, or the orchestration role by queue"
    )
        .option("profile"),
    choice(
        "dispatch.mode",
        "Hybrid",
        "PollingOnly|Hybrid|EventDrivenOnly",
        "how to learn of work; PollingOnly: no LISTEN, no NOTIFY"
    )
        .option("mode")
        .sighup(),
    integer(
        "dispatch.poll_ms",
        "",
        {10, 3'600'000},
        "how often to look for work that nobody announced"
    )
        .option("poll-ms")
        .unset("1000; PollingOnly: 25 to 500; EventDrivenOnly: 30000"),

    path("plugin.folder", "folder of handler plugins (*.so)").option("plugins").unset("none"),
    path(
        "plugin.allow_list",
        "load only builds whose SHA-256 this file lists, as sha256sum writes it"
    )
        .unset("any build"),
    path("plugin.keys", "load only what FILE.sig signs by an ed25519 key (*.pem) of this folder")
        .unset("unsigned ones too"),
    list("plugin.owners", "user ids whose files are trusted too")
        .shown("UID,...")
        .checked(check_user_id)
        .unset("root and the host's own"),
    integer("plugin.max_mib", "256", {1, 4096}, "how large a plugin may be"),
    table("plugin.map", "another callable, library#symbol, or the id of the plugin to ask")
        .option("map")
        .shown("CALLABLE=TARGET,..."),
    path("plugin.state", "where copies of plugins and the quarantine are kept")
        .unset("$XDG_RUNTIME_DIR, else /tmp"),
    integer(
        "plugin.max_pinned",
        "64",
        {1, 10'000},
        "old images of a plugin that cannot leave the memory, before reloads are refused"
    ),
    integer(
        "plugin.probation_faults",
        "3",
        {1, 1'000'000},
        "so many faults in more than half of its first calls roll a new build back"
    ),
    integer(
        "plugin.probation_seconds",
        "60",
        {0, 86'400},
        "how long a new build is on probation; 0: not at all"
    ),
    integer(
        "plugin.drain_ms",
        "60000",
        day_of_ms,
        "for calls on a build that was replaced, before they are asked to stop; 0: no limit"
    ),
    choice(
        "plugin.default_isolation",
        "in_process",
        "in_process|process",
        "where handlers run: in_process (the host itself) or process (runners beside it)"
    )
        .option("isolation"),
    choices("plugin.isolation", "in_process|process", "the same for single plugins, by id")
        .shown("ID=VALUE,..."),
    integers("plugin.limit", calls, "calls at once of all handlers of a plugin, by its id")
        .shown("ID=N,..."),
    integers("handler.limit", calls, "calls at once of a handler, by its callable")
        .shown("CALLABLE=N,..."),
    integer(
        "runner.memory_mib",
        "4096",
        {64, 1'048'576},
        "address space of one runner; 0: no limit"
    )
        .zero_too(),

    path("template.folder", "folder of task templates (*.yaml), registered at the start")
        .option("templates")
        .unset("none"),

    boolean("supervisor.enabled", true, "a supervisor, which starts the host again when it crashes")
        .option("supervisor"),
    integer(
        "supervisor.restarts",
        "10",
        {0, 1'000'000},
        "crashes in a row after which the supervisor starts the host again"
    )
        .option("restarts"),
    integer(
        "supervisor.healthy_ms",
        "30000",
        {1, 86'400'000},
        "a host that lived so long begins a new row of crashes"
    )
        .option("healthy-ms"),
    integer(
        "supervisor.poison_after",
        "",
        {1, 1000},
        "crashes after which a step is not tried again, by any host of the database"
    )
        .option("poison-after")
        .unset("what the database has, at first 2"),

    choice("log.level", "info", "debug|info|warning|error", "what is logged: this, and worse")
        .sighup(),
};

}  // namespace schema

/// A key's place in `schema::all`.
enum class KeyId : std::size_t {};

constexpr std::size_t key_count = schema::all.size();

constexpr std::size_t index_of(KeyId id) noexcept {
    return static_cast<std::size_t>(id);
}

constexpr const Key& operator*(KeyId id) noexcept {
    return schema::all[index_of(id)];
}

/// The key of this name; no key of this name, no program.
consteval KeyId key(std::string_view name) {
    for (std::size_t i = 0; i < key_count; ++i) {
        if (schema::all[i].name == name) {
            return KeyId{i};
        }
    }
    throw "the schema has no such key";
}

/// The key that a name, an option or a variable means.
std::optional<KeyId> find_key(std::string_view word);

/// True when keys begin with it: "plugin" of "plugin.limit".
bool is_section(std::string_view word);

/// "'dispatch.slots'" for what somebody probably meant; empty when nothing is near.
std::string nearest_key(std::string_view word);

/// " (did you mean 'TENON_SLOTS'?)" for a variable that nothing reads; or nothing.
std::string nearest_variable(std::string_view word);

}  // namespace tenon::app
