package dev.stele.lmdb;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The calls of LMDB 0.9 that an engine needs: those that open, pin and write. Reading is not among
 * them; {@link Snapshot} reads the pages itself.
 *
 * <p>No pointer that LMDB gives is followed here but that of an error's text. Handles of
 * environments and transactions are passed back as they came; giving one that was closed ends the
 * process, so only {@link Environment} holds them.
 *
 * <p>Calls are ordinary ones, which let a garbage collection go on meanwhile: all of them may wait
 * for a lock or a page of the file, which a critical call must not.
 */
final class Lmdb {
  static final int NO_SUBDIR = 0x4000;
  static final int NO_META_SYNC = 0x4_0000;
  static final int READ_ONLY = 0x2_0000;
  static final int NO_TLS = 0x20_0000;
  static final int NO_READ_AHEAD = 0x80_0000;
  static final int CREATE = 0x4_0000;

  /** The key is to come after all others of its database: pages are filled to the brim. */
  static final int APPEND = 0x2_0000;

  /** Only this user reads and writes the files that are made. */
  private static final int MODE = 0600;

  private static final int TEXT_BYTES = 256;

  private static final StructLayout VALUE =
      MemoryLayout.structLayout(JAVA_LONG.withName("mv_size"), ADDRESS.withName("mv_data"));

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY = NativeLibrary.load();

  private static final MethodHandle STRERROR = pointer("mdb_strerror", JAVA_INT);
  private static final MethodHandle VERSION = pointer("mdb_version", ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle ENV_CREATE = code("mdb_env_create", ADDRESS);
  private static final MethodHandle ENV_SET_MAP_SIZE =
      code("mdb_env_set_mapsize", ADDRESS, JAVA_LONG);
  private static final MethodHandle ENV_SET_MAX_DBS = code("mdb_env_set_maxdbs", ADDRESS, JAVA_INT);
  private static final MethodHandle ENV_SET_MAX_READERS =
      code("mdb_env_set_maxreaders", ADDRESS, JAVA_INT);
  private static final MethodHandle ENV_SET_FLAGS =
      code("mdb_env_set_flags", ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ENV_OPEN =
      code("mdb_env_open", ADDRESS, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ENV_CLOSE = nothing("mdb_env_close", ADDRESS);
  private static final MethodHandle READER_CHECK = code("mdb_reader_check", ADDRESS, ADDRESS);
  private static final MethodHandle TXN_BEGIN =
      code("mdb_txn_begin", ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
  private static final MethodHandle TXN_ID =
      LINKER.downcallHandle(symbol("mdb_txn_id"), FunctionDescriptor.of(JAVA_LONG, ADDRESS));
  private static final MethodHandle TXN_COMMIT = code("mdb_txn_commit", ADDRESS);
  private static final MethodHandle TXN_ABORT = nothing("mdb_txn_abort", ADDRESS);
  private static final MethodHandle TXN_RESET = nothing("mdb_txn_reset", ADDRESS);
  private static final MethodHandle TXN_RENEW = code("mdb_txn_renew", ADDRESS);
  private static final MethodHandle DBI_OPEN =
      code("mdb_dbi_open", ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
  private static final MethodHandle PUT =
      code("mdb_put", ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle DELETE = code("mdb_del", ADDRESS, JAVA_INT, ADDRESS, ADDRESS);

  private Lmdb() {}

  /** The bytes of a key or a value on their way into LMDB. One thread at a time. */
  static final class Value {
    private final MemorySegment struct;
    private MemorySegment bytes;

    Value() {
      // Collected with this object: there are a few of them for each environment.
      this.struct = Arena.ofAuto().allocate(VALUE);
      this.bytes = MemorySegment.NULL;
    }

    private MemorySegment of(byte[] value) {
      if (bytes.byteSize() < value.length) {
        bytes = Arena.ofAuto().allocate(Math.max(64, Math.max(value.length, 2 * bytes.byteSize())));
        struct.set(ADDRESS, VALUE.byteOffset(MemoryLayout.PathElement.groupElement(1)), bytes);
      }
      MemorySegment.copy(value, 0, bytes, ValueLayout.JAVA_BYTE, 0, value.length);
      struct.set(JAVA_LONG, 0, value.length);
      return struct;
    }
  }

  /** The library's version, such as "LMDB 0.9.33: (May 21, 2024)". */
  static String version() {
    try {
      MemorySegment text =
          (MemorySegment)
              VERSION.invokeExact(MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
      return text.reinterpret(TEXT_BYTES).getString(0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** Makes the handle of an environment, not yet open, with its bounds. */
  static MemorySegment create(long mapBytes, int databases, int readers) throws LmdbFailure {
    MemorySegment environment;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      check((int) ENV_CREATE.invokeExact(out));
      environment = out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure(e);
    }
    try {
      setMapBytes(environment, mapBytes);
      check((int) ENV_SET_MAX_DBS.invokeExact(environment, databases));
      check((int) ENV_SET_MAX_READERS.invokeExact(environment, readers));
      return environment;
    } catch (Throwable e) {
      close(environment);
      throw failure(e);
    }
  }

  /** Opens an environment, or closes its handle when that fails. */
  static void open(MemorySegment environment, Path file, int flags) throws LmdbFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(file.toString());
      check((int) ENV_OPEN.invokeExact(environment, path, flags, MODE));
    } catch (Throwable e) {
      close(environment);
      throw failure(e);
    }
  }

  /** Maps so many bytes; no transaction may be open, none begin and none end meanwhile. */
  static void setMapBytes(MemorySegment environment, long bytes) throws LmdbFailure {
    try {
      check((int) ENV_SET_MAP_SIZE.invokeExact(environment, bytes));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static void setFlag(MemorySegment environment, int flag, boolean on) throws LmdbFailure {
    try {
      check((int) ENV_SET_FLAGS.invokeExact(environment, flag, on ? 1 : 0));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Closes an environment and gives its handle up. */
  static void close(MemorySegment environment) {
    try {
      ENV_CLOSE.invokeExact(environment);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** Frees the places of readers whose process died. */
  static void freeDeadReaders(MemorySegment environment) throws LmdbFailure {
    try {
      check((int) READER_CHECK.invokeExact(environment, MemorySegment.NULL));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static MemorySegment begin(MemorySegment environment, int flags) throws LmdbFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      check((int) TXN_BEGIN.invokeExact(environment, MemorySegment.NULL, flags, out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static long id(MemorySegment transaction) {
    try {
      return (long) TXN_ID.invokeExact(transaction);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** Ends a transaction, and with it its handle, whether it succeeds or not. */
  static void commit(MemorySegment transaction) throws LmdbFailure {
    try {
      check((int) TXN_COMMIT.invokeExact(transaction));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static void abort(MemorySegment transaction) {
    try {
      TXN_ABORT.invokeExact(transaction);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** Lets a reader's snapshot go and keeps its place. */
  static void reset(MemorySegment transaction) {
    try {
      TXN_RESET.invokeExact(transaction);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void renew(MemorySegment transaction) throws LmdbFailure {
    try {
      check((int) TXN_RENEW.invokeExact(transaction));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static int openDatabase(MemorySegment transaction, String name) throws LmdbFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      check((int) DBI_OPEN.invokeExact(transaction, arena.allocateFrom(name), CREATE, out));
      return out.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static void put(
      MemorySegment transaction,
      int database,
      Value key,
      byte[] keyBytes,
      Value value,
      byte[] valueBytes,
      int flags)
      throws LmdbFailure {
    try {
      check(
          (int)
              PUT.invokeExact(
                  transaction, database, key.of(keyBytes), value.of(valueBytes), flags));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static void delete(MemorySegment transaction, int database, Value key, byte[] keyBytes)
      throws LmdbFailure {
    try {
      check((int) DELETE.invokeExact(transaction, database, key.of(keyBytes), MemorySegment.NULL));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private static void check(int code) throws LmdbFailure {
    if (code != 0) {
      throw new LmdbFailure(code, text(code));
    }
  }

  private static String text(int code) {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(code);
      return text.reinterpret(TEXT_BYTES).getString(0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static LmdbFailure failure(Throwable thrown) {
    if (thrown instanceof LmdbFailure failure) {
      return failure;
    }
    throw impossible(thrown);
  }

  /** A downcall declares Throwable and throws nothing but what the JVM itself throws. */
  private static RuntimeException impossible(Throwable thrown) {
    if (thrown instanceof RuntimeException e) {
      return e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
    return new IllegalStateException(thrown);
  }

  private static MemorySegment symbol(String name) {
    return LIBRARY.find(name).orElseThrow(() -> new IllegalStateException(name + " is missing"));
  }

  private static MethodHandle code(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(symbol(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private static MethodHandle pointer(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(symbol(name), FunctionDescriptor.of(ADDRESS, arguments));
  }

  private static MethodHandle nothing(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(symbol(name), FunctionDescriptor.ofVoid(arguments));
  }
}
