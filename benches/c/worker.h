// What the measured programs have in common: how they are told what to do, and what they tell.
//
// A worker is started once, makes its client ready, and then reads numbers of calls, one a line. After each
// it writes a line: how long those calls took, and how much CPU time this process spent on them, user and
// system, both in nanoseconds. At the end of its input it writes its peak resident memory in KiB.
#ifndef WORKER_H
#define WORKER_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define IDS 1000 // file ids that a caller goes round in

static inline void give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static inline uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline uint64_t in_nanoseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static inline uint64_t spent(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return in_nanoseconds(usage.ru_utime) + in_nanoseconds(usage.ru_stime);
}

// ru_maxrss of a process begins with what it had before exec, which is its parent's: nothing where that is
// a small program, too much where it is not.
static inline long peak_kib(int who)
{
    if (who == RUSAGE_CHILDREN) {
        struct rusage usage;
        getrusage(who, &usage);
        return usage.ru_maxrss;
    }
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long peak = -1;
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &peak) == 1)
            break;
    if (status)
        fclose(status);
    return peak;
}

// `who` is RUSAGE_SELF, or RUSAGE_CHILDREN where the calls are made by processes that were waited for.
static inline void work(void (*make_calls)(uint64_t count), int who)
{
    uint64_t count;
    while (scanf("%" SCNu64, &count) == 1) {
        uint64_t cpu = spent(who), start = now();
        make_calls(count);
        uint64_t wall = now() - start;
        printf("%" PRIu64 " %" PRIu64 "\n", wall, spent(who) - cpu);
        fflush(stdout);
    }
    printf("%ld\n", peak_kib(who));
    fflush(stdout);
}

#endif
