/* What the soak looks at while everything rests, and what it says in the end. */
#ifndef SOAK_WATCH_H
#define SOAK_WATCH_H

#include "soak.h"

#include <malloc.h>

/* What is looked at again and again, and by how much it may be more in the end. */
struct figure {
    const char *name;
    long most, samples[1024];
    int count;
};

static struct {
    struct figure resident, heap, descriptors, threads;
} watch = {
    .resident = {"resident kB, at rest", .most = 8192},
    .heap = {"live heap kB, shut down", .most = 64},
    .descriptors = {"descriptors, at rest", .most = 64}, /* idle connections */
    .threads = {"threads, at rest", .most = 1},
};

static inline void sample(struct figure *figure, long value)
{
    CHECK(figure->count < (int)(sizeof figure->samples / sizeof *figure->samples));
    figure->samples[figure->count++] = value;
}

static inline long resident_kb(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm != NULL && fscanf(statm, "%*d %ld", &pages) == 1);
    fclose(statm);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* No call is left, but the library has its threads and idle connections. */
static inline void look_at_rest(void)
{
    sample(&watch.resident, resident_kb());
    sample(&watch.descriptors, count_descriptors());
    sample(&watch.threads, count_threads());
}

/* It has none of them: what is allocated now is what it needs, or has lost. */
static inline void look_after_shutdown(void)
{
    struct mallinfo2 heap = mallinfo2(); /* of all threads; a sanitizer's allocator says nothing */
    sample(&watch.heap, (long)((heap.uordblks + heap.hblkhd) / 1024));
}

static inline int ascending(const void *left, const void *right)
{
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

static inline long median(const long *samples, int count)
{
    long sorted[1024];
    memcpy(sorted, samples, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    return sorted[count / 2];
}

/* After a tenth to warm up the first fifth, and the last one: of five minutes a minute each. */
static inline bool is_flat(const struct figure *figure)
{
    int fifth = figure->count / 5;
    if (fifth == 0)
        return true; /* too short to tell */
    long first = median(&figure->samples[figure->count / 10], fifth);
    long last = median(&figure->samples[figure->count - fifth], fifth);
    bool is_flat = last - first <= figure->most;
    printf("  %-28s %10ld first %10ld last%s\n", figure->name, first, last, is_flat ? "" : ": it grows");
    return is_flat;
}

/* A number of the server's own. */
static inline uint64_t asked_of_server(const struct origin *origin, const char *where)
{
    char *counts = NULL, *number = NULL;
    CHECK_STATUS(ik_request(origin->patient, "GET", "/emulator", NULL, &counts), IK_STATUS_OK, counts);
    ik_status status = ik_json_get(counts, where, &number);
    uint64_t value = status == IK_STATUS_OK ? strtoull(number, NULL, 10) : 0;
    ik_string_free(number);
    ik_string_free(counts);
    return value;
}

/* What the server counted is what we did, less what may not have reached it, and more what we do not know. */
static inline void expect_same(const char *what, const struct account *ours, uint64_t servers)
{
    unsigned long long told = ours->told, least = told - ours->missing, most = told + ours->unknown;
    printf("  %-28s %10llu (%llu to %llu were told of)\n", what, (unsigned long long)servers, least, most);
    if (servers < least || servers > most)
        FAIL("%s: the server tells of %llu, and our calls of %llu to %llu", what, (unsigned long long)servers,
             least, most);
}

static inline void print_line(const char *what, uint64_t number)
{
    printf("  %-28s %10llu\n", what, (unsigned long long)number);
}

static inline void print_ledger(const struct ledger *ledger, int64_t seconds)
{
    printf("calls, %lld a second\n", (long long)(ledger->ended / (unsigned long long)(seconds ? seconds : 1)));
    print_line("begun", ledger->begun);
    print_line("ended", ledger->ended);
    for (int status = 0; status < STATUSES; status++)
        if (ledger->by_status[status])
            print_line(ik_status_name(status), ledger->by_status[status]);
    print_line("dropped with their queue", ledger->dropped);
    printf("told of by\n");
    print_line("callbacks", ledger->callbacks);
    print_line("queues", ledger->completions);
    print_line("reports of many", ledger->reports);
    printf("trouble met by requests\n");
    for (int at = 0; at < KINDS; at++)
        print_line(TROUBLES[at].name, ledger->of_trouble[at].told);
    printf("besides\n");
    print_line("cancels", ledger->cancels);
    print_line("clients made", ledger->clients);
    print_line("children that ended at once", ledger->exits);
    print_line("children that worked", ledger->working);
    print_line("children that called exec", ledger->execs);
    print_line("lines of logs", ledger->log_lines);
    printf("ended after their deadlines\n");
    for (int at = 1; at < LATENESSES; at++) {
        char what[32];
        snprintf(what, sizeof what, at + 1 < LATENESSES ? "by %d ms at most" : "by more than %d ms",
                 LATE_MS[at + 1 < LATENESSES ? at : at - 1]);
        print_line(what, ledger->late[at]);
    }
    print_line("the latest by, in ms", (uint64_t)ledger->latest_ms);
}

#endif
