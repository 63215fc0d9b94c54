// Threads that are there from the beginning and share the calls of each turn among them.
#ifndef THREADS_H
#define THREADS_H

#include "worker.h"

#include <pthread.h>

#define MOST_THREADS 64

static unsigned threads;
static pthread_barrier_t begin, end;
static uint64_t calls_of_each;
static void (*calls_of_one)(unsigned thread, uint64_t count);

static void *one_thread(void *number)
{
    for (;;) {
        pthread_barrier_wait(&begin);
        calls_of_one((unsigned)(uintptr_t)number, calls_of_each);
        pthread_barrier_wait(&end);
    }
    return NULL;
}

static void share_calls(uint64_t count)
{
    if (threads == 1) {
        calls_of_one(0, count);
        return;
    }
    if (count % threads)
        give_up("calls", "not the same number for each thread");
    calls_of_each = count / threads;
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&end);
}

// One thread is the program's own.
static inline void work_in_threads(unsigned number, void (*calls)(unsigned thread, uint64_t count))
{
    threads = number;
    calls_of_one = calls;
    if (threads < 1 || threads > MOST_THREADS)
        give_up("threads", "1 to 64");
    if (threads > 1) {
        pthread_barrier_init(&begin, NULL, threads + 1);
        pthread_barrier_init(&end, NULL, threads + 1);
        for (unsigned i = 0; i < threads; i++) {
            pthread_t thread;
            if (pthread_create(&thread, NULL, one_thread, (void *)(uintptr_t)i))
                give_up("pthread_create", "no thread");
        }
    }
    work(share_calls, RUSAGE_SELF);
    exit(0); // the threads wait for the next turn, which does not come
}

#endif
