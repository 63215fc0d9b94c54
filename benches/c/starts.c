// Whole processes, one after the other, each from its start to its end: starts PROGRAM [ARGUMENTS...]
#include "worker.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;
static char **program;

static void start(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        pid_t child;
        int status = -1;
        if (posix_spawn(&child, program[0], NULL, NULL, program, environ))
            give_up(program[0], "does not start");
        waitpid(child, &status, 0);
        if (status)
            give_up(program[0], "failed");
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        give_up(argv[0], "see the first line of starts.c");
    program = argv + 1;
    work(start, RUSAGE_CHILDREN);
    return 0;
}
