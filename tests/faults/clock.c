/* A clock that can be set, for the processes that preload this: `tests.faults.clock` says why.

   It moves the time of day alone; what measures durations goes on, as when a machine's clock is
   set.  Needs no header and no library, so that the smallest of compilers makes it. */

typedef struct { long s, ns; } timespec;
typedef struct { long s, us; } timeval;
long syscall(long number, ...);
int open(const char *path, int flags, ...);
int close(int file);
void *mmap(void *at, unsigned long size, int may, int flags, int file, long from);
char *getenv(const char *name);

#ifdef __aarch64__
enum { CLOCK_GETTIME = 113 };
#else
enum { CLOCK_GETTIME = 228 };
#endif
enum { REALTIME = 0, REALTIME_COARSE = 5, READ = 1, SHARED = 1, CLOEXEC = 02000000 };

static const long right = 0;
static volatile const long *ahead_s;

static long ahead(void)
{
    if (!ahead_s) {
        const char *path = getenv("CLOCK_AHEAD_FILE");
        int file = path ? open(path, CLOEXEC) : -1;
        void *found = file < 0 ? (void *) -1 : mmap(0, sizeof right, READ, SHARED, file, 0);
        if (file >= 0)
            close(file);
        ahead_s = found == (void *) -1 ? &right : found;
    }
    return *ahead_s;
}

int clock_gettime(int which, timespec *now)
{
    long failed = syscall(CLOCK_GETTIME, (long) which, now);
    if (!failed && (which == REALTIME || which == REALTIME_COARSE))
        now->s += ahead();
    return failed;
}

int gettimeofday(timeval *now, void *zone)
{
    timespec found;
    int failed = clock_gettime(REALTIME, &found);
    now->s = found.s;
    now->us = found.ns / 1000;
    return failed;
}

long time(long *told)
{
    timespec found;
    clock_gettime(REALTIME, &found);
    if (told)
        *told = found.s;
    return found.s;
}
