#include "plugin_host/runner/guest/sandbox.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TENON_VAST_ADDRESS_SPACE
#endif
#endif

void limit(__rlimit_resource resource, rlim_t most) {
    rlimit both{};
    ::getrlimit(resource, &both);
    both.rlim_cur = std::min(most, both.rlim_max);
    both.rlim_max = both.rlim_cur;
    ::setrlimit(resource, &both);
}

// No limit on CPU time: a runner serves calls for days, and each call has its deadline. None on
// processes: they are counted for the user as a whole, and seccomp allows no new ones anyway.
void limit_resources([[maybe_unused]] std::uint64_t memory_bytes) {
    constexpr rlim_t descriptors = 1024;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, descriptors);
#ifndef TENON_VAST_ADDRESS_SPACE
    if (memory_bytes != 0) {
        limit(RLIMIT_AS, memory_bytes);
    }
#endif
}

// A host that runs as root gives its runners what files and ports need of that, and no more: with
// the rest, root may look into any process.
void renounce_capabilities() {
    constexpr std::array<unsigned, 5> kept{
        CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_NET_BIND_SERVICE
    };
    constexpr unsigned word_bits = 32;
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) {
        return;
    }
    std::array<std::uint32_t, _LINUX_CAPABILITY_U32S_3> mask{};
    for (const unsigned capability : kept) {
        mask.at(capability / word_bits) |= 1U << (capability % word_bits);
    }
    for (std::size_t i = 0; i < sets.size(); ++i) {
        sets.at(i).effective &= mask.at(i);
        sets.at(i).permitted &= mask.at(i);
        sets.at(i).inheritable = 0;
    }
    ::syscall(SYS_capset, &header, sets.data());
}

// Whoever is in a Landlock domain cannot look into processes outside of it: not at the host's
// environment, memory or descriptors, neither by ptrace nor through /proc. That is all it is here
// for; on files it only forbids to make block devices.
std::string hide_other_processes() {
    constexpr long first_with_refer = 2;
    const auto version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < first_with_refer) {
        return "this kernel has no Landlock: a runner can look into other processes of its user";
    }
    landlock_ruleset_attr handled{};
    handled.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_REFER;
    const auto rules =
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0));
    landlock_path_beneath_attr moving{};
    moving.allowed_access = LANDLOCK_ACCESS_FS_REFER;
    moving.parent_fd = ::open("/", O_PATH | O_CLOEXEC);
    const bool done =
        ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &moving, 0) == 0 &&
        ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    ::close(moving.parent_fd);
    ::close(rules);
    return done ? "" : "Landlock refused: a runner can look into other processes of its user";
}

// What a handler cannot want: to become another program or another user, to reach into other
// processes, to change the system, or to get around this list.
constexpr std::array forbidden{
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(tkill),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset)
};

// A condition on the first argument of a call.
scmp_arg_cmp first_argument(scmp_compare comparison, std::uint64_t value, std::uint64_t other = 0) {
    return {.arg = 0, .op = comparison, .datum_a = value, .datum_b = other};
}

/// A filter under construction.
class Filter {
public:
    Filter() : context_(::seccomp_init(SCMP_ACT_ALLOW)) {}

    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    ~Filter() { ::seccomp_release(context_); }

    void forbid(int call) { sound_ = add(SCMP_ACT_ERRNO(EPERM), call, {}) && sound_; }

    void forbid_if(int call, scmp_arg_cmp condition) {
        sound_ = add(SCMP_ACT_ERRNO(EPERM), call, {condition}) && sound_;
    }

    // As if the kernel were older: libraries then do it in another way, which can be judged.
    void hide(int call) { sound_ = add(SCMP_ACT_ERRNO(ENOSYS), call, {}) && sound_; }

    bool load() { return sound_ && ::seccomp_load(context_) == 0; }

private:
    bool add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
        // An architecture that does not have the call needs no rule.
        return call < 0 || ::seccomp_rule_add_array(
                               context_,
                               action,
                               call,
                               static_cast<unsigned>(conditions.size()),
                               conditions.begin()
                           ) == 0;
    }

    scmp_filter_ctx context_;
    bool sound_ = true;
};

std::string filter_calls() {
    Filter filter;
    for (const int call : forbidden) {
        filter.forbid(call);
    }
    // Threads, but no processes.
    filter.forbid_if(SCMP_SYS(clone), first_argument(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    filter.hide(SCMP_SYS(clone3));
    // Signals and limits for itself alone: abort() and raise() go on working.
    const auto self = static_cast<std::uint64_t>(::getpid());
    for (const int call :
         {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo)
         }) {
        filter.forbid_if(call, first_argument(SCMP_CMP_NE, self));
    }
    filter.forbid_if(SCMP_SYS(prctl), first_argument(SCMP_CMP_EQ, PR_SET_PDEATHSIG));
    return filter.load() ? "" : "this kernel has no seccomp filters: a runner may call anything";
}

}  // namespace

bool tie_to_host(pid_t host) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return ::getppid() == host;
}

std::string confine_process(std::uint64_t memory_bytes) {
    limit_resources(memory_bytes);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return "this kernel does not let a process renounce new privileges";
    }
    renounce_capabilities();
    auto missing = hide_other_processes();
    const auto unfiltered = filter_calls();
    if (!unfiltered.empty()) {
        missing += (missing.empty() ? "" : "; ") + unfiltered;
    }
    return missing;
}

}  // namespace tenon::plugin_host
