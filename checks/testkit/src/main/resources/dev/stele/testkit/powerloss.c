/*
 * Put before libc (LD_PRELOAD), writes down what a process does to the files below one folder.
 *
 *   STELE_WATCH      the folder, absolute and without links
 *   STELE_TRACE      where the record goes; not below that folder
 *   STELE_FAIL_SYNC  the number of the sync, from 1, that fails with EIO; none when unset
 *
 * A record, little-endian:  kind u8 | inode u64 | at u64 | path length u32 | data length u32 | path | data
 *
 *   C made      W written at    T cut or grown to    S synced    E a sync failed
 *   N renamed (data: new path)  L linked (data: new path)   U deleted   D folder synced   M folder made
 *   V written at, and synced by itself: the file is open with O_SYNC or O_DSYNC
 *
 * One lock is held over each call and its record, so the order of records is the order of effects.
 * What is written through a mapping is not seen. sync_file_range promises nothing and is not noted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))
#define MOST_FDS 65536

static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char watched[MOST_FDS]; /* 1 below the folder, 2 and each write synced by itself */
static const char *folder;
static int trace = -1;
static long fail_sync, syncs;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static void begin(void) {
  static int begun;
  if (begun) return;
  begun = 1;
  const char *out = getenv("STELE_TRACE");
  const char *fail = getenv("STELE_FAIL_SYNC");
  folder = getenv("STELE_WATCH");
  fail_sync = fail ? atol(fail) : 0;
  if (folder && out) trace = REAL(open)(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void lock(void) {
  pthread_mutex_lock(&mutex);
  begin();
}

static void unlock(void) { pthread_mutex_unlock(&mutex); }

static int below(const char *path) {
  size_t n = folder ? strlen(folder) : 0;
  return trace >= 0 && n && path && !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

static int is_watched(int fd) { return fd >= 0 && fd < MOST_FDS && watched[fd]; }

static void note(char kind, uint64_t inode, uint64_t at, const char *path, const void *data,
                 uint32_t length) {
  char head[25];
  uint32_t path_length = (uint32_t)strlen(path);
  int saved = errno;
  head[0] = kind;
  memcpy(head + 1, &inode, 8);
  memcpy(head + 9, &at, 8);
  memcpy(head + 17, &path_length, 4);
  memcpy(head + 21, &length, 4);
  struct iovec parts[3] = {
      {head, sizeof head}, {(void *)path, path_length}, {(void *)data, length}};
  if (REAL(writev)(trace, parts, 3) != (ssize_t)(sizeof head + path_length + length)) abort();
  errno = saved;
}

static uint64_t inode_of(int fd) {
  struct stat s;
  return fstat(fd, &s) ? 0 : s.st_ino;
}

static void note_fd(char kind, int fd, uint64_t at, const void *data, uint32_t length) {
  note(kind, inode_of(fd), at, "", data, length);
}

/* ---- opening and closing ---- */

static int opened(int fd, const char *path, int flags, int existed) {
  if (fd < 0 || fd >= MOST_FDS) return fd;
  watched[fd] = below(path) ? (flags & (O_DSYNC | O_SYNC) ? 2 : 1) : 0;
  if (watched[fd] && !existed) note('C', inode_of(fd), 0, path, "", 0);
  if (watched[fd] && existed && (flags & O_TRUNC)) note_fd('T', fd, 0, "", 0);
  return fd;
}

#define OPEN(name)                                                       \
  int name(const char *path, int flags, ...) {                           \
    va_list more;                                                        \
    va_start(more, flags);                                               \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more);                                                        \
    lock();                                                              \
    int existed = !access(path, F_OK);                                   \
    int fd = opened(REAL(name)(path, flags, mode), path, flags, existed); \
    unlock();                                                            \
    return fd;                                                           \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                     \
  int name(int at, const char *path, int flags, ...) {                   \
    va_list more;                                                        \
    va_start(more, flags);                                               \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more);                                                        \
    lock();                                                              \
    int existed = !faccessat(at, path, F_OK, 0);                         \
    int fd = REAL(name)(at, path, flags, mode);                          \
    char link[64], whole[PATH_MAX] = "";                                 \
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);                 \
    ssize_t length = fd < 0 ? -1 : readlink(link, whole, sizeof whole - 1); \
    if (length >= 0) opened(fd, whole, flags, existed);                  \
    unlock();                                                            \
    return fd;                                                           \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  lock();
  if (fd >= 0 && fd < MOST_FDS) watched[fd] = 0;
  int result = REAL(close)(fd);
  unlock();
  return result;
}

static int copied(int from, int to) {
  if (from >= 0 && from < MOST_FDS && to >= 0 && to < MOST_FDS) watched[to] = watched[from];
  return to;
}

int dup(int fd) {
  lock();
  int result = copied(fd, REAL(dup)(fd));
  unlock();
  return result;
}

int dup2(int fd, int to) {
  lock();
  int result = copied(fd, REAL(dup2)(fd, to));
  unlock();
  return result;
}

int dup3(int fd, int to, int flags) {
  lock();
  int result = copied(fd, REAL(dup3)(fd, to, flags));
  unlock();
  return result;
}

/* ---- writing ---- */

static uint64_t place(int fd) {
  struct stat s;
  if ((fcntl(fd, F_GETFL) & O_APPEND) && !fstat(fd, &s)) return (uint64_t)s.st_size;
  return (uint64_t)lseek(fd, 0, SEEK_CUR);
}

static ssize_t wrote(int fd, uint64_t at, const void *data, ssize_t count) {
  if (count > 0) note_fd(watched[fd] == 2 ? 'V' : 'W', fd, at, data, (uint32_t)count);
  return count;
}

ssize_t write(int fd, const void *data, size_t count) {
  if (!is_watched(fd)) return REAL(write)(fd, data, count);
  lock();
  uint64_t at = place(fd);
  ssize_t result = wrote(fd, at, data, REAL(write)(fd, data, count));
  unlock();
  return result;
}

#define PWRITE(name, offset_t)                                              \
  ssize_t name(int fd, const void *data, size_t count, offset_t at) {       \
    if (!is_watched(fd)) return REAL(name)(fd, data, count, at);            \
    lock();                                                                 \
    ssize_t result = wrote(fd, (uint64_t)at, data, REAL(name)(fd, data, count, at)); \
    unlock();                                                               \
    return result;                                                          \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

static ssize_t wrote_parts(int fd, uint64_t at, const struct iovec *parts, int n, ssize_t count) {
  ssize_t left = count;
  for (int i = 0; i < n && left > 0; i++) {
    ssize_t some = left < (ssize_t)parts[i].iov_len ? left : (ssize_t)parts[i].iov_len;
    wrote(fd, at, parts[i].iov_base, some);
    at += (uint64_t)some;
    left -= some;
  }
  return count;
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
  if (!is_watched(fd)) return REAL(writev)(fd, parts, n);
  lock();
  uint64_t at = place(fd);
  ssize_t result = wrote_parts(fd, at, parts, n, REAL(writev)(fd, parts, n));
  unlock();
  return result;
}

#define PWRITEV(name, offset_t)                                              \
  ssize_t name(int fd, const struct iovec *parts, int n, offset_t at) {      \
    if (!is_watched(fd)) return REAL(name)(fd, parts, n, at);                \
    lock();                                                                  \
    ssize_t result = wrote_parts(fd, (uint64_t)at, parts, n, REAL(name)(fd, parts, n, at)); \
    unlock();                                                                \
    return result;                                                           \
  }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define SIZED(name, offset_t)                                           \
  int name(int fd, offset_t length) {                                   \
    lock();                                                             \
    int result = REAL(name)(fd, length);                                \
    if (!result && is_watched(fd)) note_fd('T', fd, (uint64_t)length, "", 0); \
    unlock();                                                           \
    return result;                                                      \
  }
SIZED(ftruncate, off_t)
SIZED(ftruncate64, off64_t)

static void grown(int fd) {
  struct stat s;
  if (is_watched(fd) && !fstat(fd, &s)) note_fd('T', fd, (uint64_t)s.st_size, "", 0);
}

#define ALLOCATE(name, offset_t)                              \
  int name(int fd, offset_t at, offset_t length) {            \
    lock();                                                   \
    int result = REAL(name)(fd, at, length);                  \
    if (!result) grown(fd);                                   \
    unlock();                                                 \
    return result;                                            \
  }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

int fallocate(int fd, int mode, off_t at, off_t length) {
  lock();
  int result = REAL(fallocate)(fd, mode, at, length);
  if (!result) grown(fd);
  unlock();
  return result;
}

/* ---- names ---- */

static uint64_t inode_at(const char *path) {
  struct stat s;
  return stat(path, &s) ? 0 : s.st_ino;
}

int rename(const char *from, const char *to) {
  lock();
  int result = REAL(rename)(from, to);
  if (!result && below(to)) note('N', inode_at(to), 0, from, to, (uint32_t)strlen(to));
  unlock();
  return result;
}

int link(const char *from, const char *to) {
  lock();
  int result = REAL(link)(from, to);
  if (!result && below(to)) note('L', inode_at(to), 0, from, to, (uint32_t)strlen(to));
  unlock();
  return result;
}

int unlink(const char *path) {
  lock();
  int result = REAL(unlink)(path);
  if (!result && below(path)) note('U', 0, 0, path, "", 0);
  unlock();
  return result;
}

int mkdir(const char *path, mode_t mode) {
  lock();
  int result = REAL(mkdir)(path, mode);
  if (!result && below(path)) note('M', 0, 0, path, "", 0);
  unlock();
  return result;
}

/* ---- syncing ---- */

static int synced(int fd, int (*sync)(int)) {
  struct stat s;
  if (!is_watched(fd)) return sync(fd);
  lock();
  int result;
  if (!fstat(fd, &s) && S_ISDIR(s.st_mode)) {
    char link[64], whole[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    result = sync(fd);
    if (!result && readlink(link, whole, sizeof whole - 1) > 0) note('D', 0, 0, whole, "", 0);
  } else if (++syncs == fail_sync) {
    note_fd('E', fd, 0, "", 0);
    errno = EIO;
    result = -1;
  } else {
    result = sync(fd);
    if (!result) note_fd('S', fd, 0, "", 0);
  }
  unlock();
  return result;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }
