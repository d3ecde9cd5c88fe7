// Makes the n-th call that changes a file beneath a folder fail, once the process that it is loaded into before the C library (LD_PRELOAD) asks for that.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, SYNC, TRUNCATE, RENAME, UNLINK, CREATE, MAP, OPEN, MEMORY, KINDS };
static const char *const names[KINDS] = { "write", "sync", "truncate", "rename", "unlink", "create", "map", "open", "memory" };
#define MOST_FILES 4096
static char paths[MOST_FILES][256];
static long counts[KINDS][2];
static long calls, at;
static int error, onward, kinds;
static char folder[512], failed[512];
static size_t folder_length;

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int beneath(const char *path) {
  return folder_length && path && strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || path[folder_length] == 0);
}

// Where SQLite's code lies: of all memory, only what it asks for is refused.
static uintptr_t sqlite_begin, sqlite_end;
static int find_sqlite(struct dl_phdr_info *found, size_t size, void *unused) {
  for (int index = 0; strstr(found->dlpi_name, "e_sqlite3") && index < found->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &found->dlpi_phdr[index];
    if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
      sqlite_begin = found->dlpi_addr + part->p_vaddr;
      sqlite_end = sqlite_begin + part->p_memsz;
    }
  }
  return 0;
}

// Counts from 1 again. beneath: the folder; call: the one that fails, counted from 1, or 0 for none; number: its errno, 0 for a write that writes half, or below 0 to kill the process; after: whether all after it
// fail too; which: the kinds that are counted for that.
void failio_arm(const char *beneath, long call, int number, int after, const char *which) {
  at = 0;
  kinds = 0;
  for (int index = 0; index < KINDS; index++) if (strstr(which, names[index])) kinds |= 1 << index;
  if (kinds & 1 << MEMORY) dl_iterate_phdr(find_sqlite, NULL);
  memset(counts, 0, sizeof counts);
  failed[0] = 0;
  snprintf(folder, sizeof folder, "%s", beneath);
  folder_length = strlen(folder);
  calls = 0;
  error = number;
  onward = after;
  at = call;
}

// No more counting or failing.
void failio_pause(void) { at = 0; folder_length = 0; memset(paths, 0, sizeof paths); }

// Which call has failed first: its kind and its file; empty for none.
const char *failio_failed(void) { return failed; }

// Calls of a kind: of the database's files, or of others. NULL is the kind's name past the last.
long failio_count(int kind, int database) { return counts[kind][database]; }
const char *failio_kind(int kind) { return kind < KINDS ? names[kind] : NULL; }

static const char *path_of(int file) { return file >= 0 && file < MOST_FILES && paths[file][0] ? paths[file] : NULL; }

#include "record.c"

static int opened(int file, const char *path) {
  if (file >= 0 && file < MOST_FILES) snprintf(paths[file], sizeof paths[file], "%s", beneath(path) ? path : "");
  return file;
}

// Whether this call is one that fails.
static int fails(int kind, const char *path) {
  if (!path) return 0;
  __atomic_add_fetch(&counts[kind][strstr(path, "fish.db") != NULL], 1, __ATOMIC_RELAXED);
  if (!(kinds & 1 << kind)) return 0;
  long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  if (at == 0 || call < at || (call > at && !onward)) return 0;
  if (error < 0) kill(getpid(), SIGKILL);
  if (call == at) snprintf(failed, sizeof failed, "failed %s %s", names[kind], path[folder_length] ? path + folder_length + 1 : ".");
  errno = error;
  return 1;
}

// A write that fails, or writes half; one that succeeds is recorded.
#define WRITES(call, place) \
  if (fails(WRITE, path_of(file))) { if (error) return -1; length = length > 1 ? length / 2 : length; } \
  ORDERED(ssize_t, call, record_write(file, data, result, place))
#define FAILS(kind, path) if (fails(kind, path) && error) return -1

ssize_t write(int file, const void *data, size_t length) {
  REAL(ssize_t, "write", int, const void *, size_t);
  WRITES(real(file, data, length), place_of(file, result));
}
ssize_t pwrite(int file, const void *data, size_t length, off_t place) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  WRITES(real(file, data, length, place), place);
}
ssize_t pwrite64(int file, const void *data, size_t length, off64_t place) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  WRITES(real(file, data, length, place), place);
}
ssize_t pwritev(int file, const struct iovec *parts, int count, off_t place) {
  REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
  FAILS(WRITE, path_of(file));
  ORDERED(ssize_t, real(file, parts, count, place), record_parts(file, parts, result, place));
}
ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t place) {
  REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
  FAILS(WRITE, path_of(file));
  ORDERED(ssize_t, real(file, parts, count, place), record_parts(file, parts, result, place));
}
int fsync(int file) {
  REAL(int, "fsync", int);
  FAILS(SYNC, path_of(file));
  ORDERED(int, real(file), record_file(R_SYNC, file, 0));
}
int fdatasync(int file) {
  REAL(int, "fdatasync", int);
  FAILS(SYNC, path_of(file));
  ORDERED(int, real(file), record_file(R_SYNC, file, 0));
}
int ftruncate(int file, off_t size) {
  REAL(int, "ftruncate", int, off_t);
  FAILS(TRUNCATE, path_of(file));
  ORDERED(int, real(file, size), record_file(R_SIZE, file, size));
}
int ftruncate64(int file, off64_t size) {
  REAL(int, "ftruncate64", int, off64_t);
  FAILS(TRUNCATE, path_of(file));
  ORDERED(int, real(file, size), record_file(R_SIZE, file, size));
}
int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  FAILS(RENAME, beneath(to) ? to : NULL);
  ORDERED(int, real(from, to), record_name(R_RENAME, from, to));
}
int link(const char *from, const char *to) {
  REAL(int, "link", const char *, const char *);
  ORDERED(int, real(from, to), record_name(R_LINK, from, to));
}
int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  FAILS(UNLINK, beneath(path) ? path : NULL);
  ORDERED(int, real(path), record_name(R_UNLINK, path, NULL));
}
int rmdir(const char *path) {
  REAL(int, "rmdir", const char *);
  FAILS(UNLINK, beneath(path) ? path : NULL);
  ORDERED(int, real(path), record_name(R_UNLINK, path, NULL));
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  FAILS(CREATE, beneath(path) ? path : NULL);
  ORDERED(int, real(path, mode), record_name(R_MKDIR, path, NULL));
}
void *mmap64(void *address, size_t length, int protection, int flags, int file, off64_t place) {
  REAL(void *, "mmap64", void *, size_t, int, int, int, off64_t);
  if (fails(MAP, path_of(file)) && error) return MAP_FAILED;
  if (file >= 0 && (protection & PROT_WRITE) && (flags & MAP_TYPE) != MAP_PRIVATE) record_other("mmap", file);
  return real(address, length, protection, flags, file, place);
}
int close(int file) {
  REAL(int, "close", int);
  if (recording >= 0) pthread_mutex_lock(&order);
  record_file(R_CLOSE, file, 0);
  if (file >= 0 && file < MOST_FILES) paths[file][0] = 0;
  int result = real(file), number = errno;
  if (recording >= 0) pthread_mutex_unlock(&order);
  errno = number;
  return result;
}

// What the programs here do not do to their files. A record that has one of these is refused, for the model of the disk knows none of them.
int fallocate64(int file, int mode, off64_t place, off64_t length) {
  REAL(int, "fallocate64", int, int, off64_t, off64_t);
  ORDERED(int, real(file, mode, place, length), record_other("fallocate", file));
}
ssize_t sendfile64(int to, int from, off64_t *place, size_t length) {
  REAL(ssize_t, "sendfile64", int, int, off64_t *, size_t);
  ORDERED(ssize_t, real(to, from, place, length), record_other("sendfile", to));
}
int symlink(const char *from, const char *to) {
  REAL(int, "symlink", const char *, const char *);
  ORDERED(int, real(from, to), record_name(R_OTHER, "symlink", to));
}
int dup2(int from, int to) {
  REAL(int, "dup2", int, int);
  ORDERED(int, real(from, to), record_other("dup2", from));
}

#define OPENS(...) \
  int mode = 0; va_list rest; va_start(rest, flags); if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(rest, int); va_end(rest); \
  FAILS(flags & O_CREAT ? CREATE : OPEN, beneath(path) ? path : NULL); \
  ORDERED(int, opened(real(__VA_ARGS__, flags, mode), path), record_open(result, path, flags))

int open(const char *path, int flags, ...) { REAL(int, "open", const char *, int, ...); OPENS(path); }
int open64(const char *path, int flags, ...) { REAL(int, "open64", const char *, int, ...); OPENS(path); }
int openat(int from, const char *path, int flags, ...) { REAL(int, "openat", int, const char *, int, ...); OPENS(from, path); }
int openat64(int from, const char *path, int flags, ...) { REAL(int, "openat64", int, const char *, int, ...); OPENS(from, path); }

DIR *opendir(const char *path) {
  REAL(DIR *, "opendir", const char *);
  return fails(OPEN, beneath(path) ? path : NULL) && error ? NULL : real(path);
}

// What SQLite asks for while no folder is named is not counted.
static int lacks_memory(void *caller) {
  uintptr_t from = (uintptr_t)caller;
  return folder_length && from >= sqlite_begin && from < sqlite_end && fails(MEMORY, folder);
}

extern void *__libc_malloc(size_t), *__libc_realloc(void *, size_t);
void *malloc(size_t size) { return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }
void *realloc(void *old, size_t size) { return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size); }
