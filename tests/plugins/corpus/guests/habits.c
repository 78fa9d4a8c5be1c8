// What a handler may do to its process without ending it.
#define _GNU_SOURCE
#include "corpus.h"

#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL tenon_call *call, const tenon_step *step

static tenon_status changes_everything(CALL) {
    sigset_t blocked;
    const struct rlimit no_core = {0, 0};
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, 0);
    umask(0777);
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "Pacific/Apia", 1);
    setrlimit(RLIMIT_CORE, &no_core);
    fesetround(FE_UPWARD);
    return chdir("/proc") == 0 ? corpus_answer(call, step) : TENON_FAILED;
}

static void ignore(int number) {
    (void)number;
}

static tenon_status takes_signals(CALL) {
    signal(SIGSEGV, ignore);
    signal(SIGCHLD, ignore);
    signal(SIGALRM, ignore);
    return corpus_answer(call, step);
}

// Both sides of the fork return from here, with a result each.
static tenon_status forks(CALL) {
    const pid_t child = fork();
    if (child < 0) {
        return step->api->set_result(call, TEXT("\"refused\""));
    }
    return step->api->set_result(call, child == 0 ? TEXT("\"child\"") : TEXT("\"parent\""));
}

static tenon_status writes_much(CALL) {
    static char page[65536];
    memset(page, 'n', sizeof page);
    for (int i = 0; i < 1600; ++i) {
        page[sizeof page - 1] = '\n';
        if (write(i % 2 == 0 ? STDOUT_FILENO : STDERR_FILENO, page, sizeof page) < 0) {
            return TENON_FAILED;
        }
    }
    return corpus_answer(call, step);
}

static tenon_status closes_output(CALL) {
    close(STDOUT_FILENO);
    return corpus_answer(call, step);
}

static tenon_status leaks(CALL) {
    const size_t bytes = (size_t)1 << 20;
    memset(malloc(bytes), 1, bytes);
    return corpus_answer(call, step);
}

static void* wait_forever(void* argument) {
    (void)argument;
    for (;;) {
        pause();
    }
}

static tenon_status leaves_a_thread(CALL) {
    pthread_t thread;
    if (pthread_create(&thread, 0, wait_forever, 0) != 0) {
        return TENON_FAILED;
    }
    usleep(10000);  // It must be inside of pause() when its code goes.
    return corpus_answer(call, step);
}

static tenon_status spins(CALL) {
    (void)call;
    (void)step;
    for (volatile unsigned i = 0;; ++i) {
    }
}

// The first call keeps the lock for ever, and every other one waits for it.
static tenon_status waits_for_a_lock(CALL) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)call;
    (void)step;
    pthread_mutex_lock(&lock);
    for (;;) {
        pause();
    }
}

#if defined(CORPUS_THREAD_ON_LOAD)
__attribute__((constructor)) static void start_on_load(void) {
    pthread_t thread;
    pthread_create(&thread, 0, wait_forever, 0);
    usleep(10000);
}
#endif

static const struct corpus_method methods[] = {
    CORPUS_METHOD(changes_everything),
    CORPUS_METHOD(takes_signals),
    CORPUS_METHOD(forks),
    CORPUS_METHOD(writes_much),
    CORPUS_METHOD(closes_output),
    CORPUS_METHOD(leaks),
    CORPUS_METHOD(leaves_a_thread),
    CORPUS_METHOD(spins),
    CORPUS_METHOD(waits_for_a_lock),
};

CORPUS_HANDLER("corpus::Habit", methods);
CORPUS_PLUGIN("corpus.habits");
