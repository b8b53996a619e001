// Makes files as slow to reach as those of a server: each call that a client of a network file system has to ask the server
// for (opening, looking at, renaming and removing a file, and waiting until it is written) takes SLOW_FILES microseconds more.
//   cc -shared -fPIC -O2 -o slow_files.so slow_files.c -ldl
//   SLOW_FILES=1000 LD_PRELOAD=./slow_files.so heatdrift run ...
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void wait_for_server(void) {
  static int microseconds = -1;
  if (microseconds < 0) {
    const char *text = getenv("SLOW_FILES");
    microseconds = text ? atoi(text) : 0;
  }
  if (microseconds > 0) usleep(microseconds);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list arguments; \
    va_start(arguments, flags); \
    mode_t mode = va_arg(arguments, mode_t); \
    va_end(arguments); \
    wait_for_server(); \
    return NEXT(name)(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define STAT(name) \
  int name(const char *path, struct stat *status) { \
    wait_for_server(); \
    return NEXT(name)(path, status); \
  }
STAT(stat)
STAT(lstat)
#define STAT64(name) \
  int name(const char *path, struct stat64 *status) { \
    wait_for_server(); \
    return NEXT(name)(path, status); \
  }
STAT64(stat64)
STAT64(lstat64)

#define ONE(name, type) \
  int name(type value) { \
    wait_for_server(); \
    return NEXT(name)(value); \
  }
ONE(fsync, int)
ONE(fdatasync, int)
ONE(unlink, const char *)

int rename(const char *from, const char *to) {
  wait_for_server();
  return NEXT(rename)(from, to);
}
