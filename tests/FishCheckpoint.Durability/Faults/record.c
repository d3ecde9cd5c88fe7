// Included by failio.c: writes down each call that changes what a disk holds beneath a folder, in the order in which the calls took effect.
// A record is a run of entries: a head, two texts, and the bytes that were written. Memory that SQLite shares between processes (-shm) is
// left out: the first process to open a database creates it again.
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>

enum { R_MARK, R_OPEN, R_CLOSE, R_WRITE, R_SIZE, R_SYNC, R_RENAME, R_LINK, R_UNLINK, R_MKDIR, R_OTHER };
enum { OPEN_CREATES = 1, OPEN_EMPTIES = 2, OPEN_SYNCS = 4 };
struct entry { int32_t kind, file; int64_t place, length; int32_t first, second; };

static pthread_mutex_t order = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int recording = -1;

static int is_kept(const char *path) {
  size_t length = path ? strlen(path) : 0;
  return recording >= 0 && beneath(path) && !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

// Paths are relative to the folder, so that a record can be moved.
static const char *inner(const char *path) { return beneath(path) ? path + folder_length : path; }

static void put(const void *data, size_t length) {
  for (const char *rest = data; length > 0;) {
    long written = syscall(SYS_write, recording, rest, length);
    if (written <= 0) _exit(97);
    rest += written;
    length -= written;
  }
}

static void record(int kind, int file, int64_t place, int64_t length, const char *first, const char *second, const void *data) {
  struct entry head = { kind, file, place, length, first ? (int32_t)strlen(first) : 0, second ? (int32_t)strlen(second) : 0 };
  put(&head, sizeof head);
  if (first) put(first, head.first);
  if (second) put(second, head.second);
  if (data) put(data, length);
}

// Begins a record of a folder, in a file that is not beneath it; returns 0, or the error.
int failio_record(const char *beneath, const char *path) {
  failio_arm(beneath, 0, 0, 0, "");
  recording = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  return recording < 0 ? errno : 0;
}

// Puts a line of text into the record.
void failio_mark(const char *text) {
  pthread_mutex_lock(&order);
  record(R_MARK, 0, 0, 0, text, NULL, NULL);
  pthread_mutex_unlock(&order);
}

static void record_name(int kind, const char *from, const char *to) {
  if (is_kept(from) || is_kept(to)) record(kind, 0, 0, 0, inner(from), inner(to), NULL);
}

static void record_other(const char *call, int file) {
  if (is_kept(path_of(file))) record(R_OTHER, file, 0, 0, call, inner(path_of(file)), NULL);
}

static void record_open(int file, const char *path, int flags) {
  if (is_kept(path)) {
    int how = (flags & O_CREAT ? OPEN_CREATES : 0) | (flags & O_TRUNC ? OPEN_EMPTIES : 0) | (flags & O_DSYNC ? OPEN_SYNCS : 0);
    record(R_OPEN, file, how, 0, inner(path), NULL, NULL);
  }
}

static void record_file(int kind, int file, int64_t place) {
  if (is_kept(path_of(file))) record(kind, file, place, 0, NULL, NULL, NULL);
}

static void record_write(int file, const void *data, int64_t length, int64_t place) {
  if (length > 0 && is_kept(path_of(file))) record(R_WRITE, file, place, length, NULL, NULL, data);
}

static void record_parts(int file, const struct iovec *parts, int64_t length, int64_t place) {
  for (; length > 0; parts++) {
    int64_t part = length < (int64_t)parts->iov_len ? length : (int64_t)parts->iov_len;
    record_write(file, parts->iov_base, part, place);
    length -= part;
    place += part;
  }
}

// A write without a place: at the end, or where the last one ended.
static int64_t place_of(int file, int64_t written) {
  return lseek(file, 0, SEEK_CUR) - written;
}

// Does a call and records it as one step: what another thread does comes before both or after both.
#define ORDERED(type, call, note) do { \
  if (recording < 0) return call; \
  pthread_mutex_lock(&order); \
  type result = call; \
  int number = errno; \
  if (result >= 0) { note; } \
  pthread_mutex_unlock(&order); \
  errno = number; \
  return result; \
} while (0)
