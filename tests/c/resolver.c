/* A resolver to be preloaded. The variable RESOLVER_GIVES says what comes of every name: addresses with
 * commas between them, `error` and a number, `hangs`, or nothing for the system's own answer. When
 * the file of RESOLVER_MARKER is there, every name is at the address of RESOLVER_THEN. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*resolve)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static const char *told(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static int addresses(resolve ask, const char *list, const char *service,
                     const struct addrinfo *hints, struct addrinfo **found)
{
    struct addrinfo numeric = hints ? *hints : (struct addrinfo){0};
    char *copy = strdup(list), *rest = copy;
    int error = 0;
    numeric.ai_flags |= AI_NUMERICHOST;
    for (const char *one; error == 0 && (one = strsep(&rest, ",")) != NULL;) {
        error = ask(one, service, &numeric, found);
        while (error == 0 && *found)
            found = &(*found)->ai_next;
    }
    free(copy);
    return error;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    resolve ask = (resolve)dlsym(RTLD_NEXT, "getaddrinfo");
    const char *gives = told("RESOLVER_GIVES"), *marker = told("RESOLVER_MARKER");
    *found = NULL;
    while (strcmp(gives, "hangs") == 0 && access(marker, F_OK) != 0)
        usleep(1000);
    if (access(marker, F_OK) == 0)
        return addresses(ask, told("RESOLVER_THEN"), service, hints, found);
    if (strncmp(gives, "error", 5) == 0)
        return atoi(gives + 5);
    return *gives ? addresses(ask, gives, service, hints, found) : ask(name, service, hints, found);
}
