package dev.stele.cli;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.EventDraft;
import dev.stele.mcp.gate.TrafficGate.Direction;
import dev.stele.mcp.record.TrafficRecorder;
import dev.stele.mcp.record.TrafficRecorder.Outcome;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs a server of stdio and stands between: each line is a message, recorded before it goes on.
 *
 * <p>What cannot be recorded does not pass: the server is stopped then, and the client sees the end
 * of its stream. The server's stderr is not recorded.
 */
final class StdioProxy {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final TrafficRecorder recorder;
  private final String session;
  private final String principal;
  private final Terminal terminal;

  /** Why nothing more passes. */
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

  StdioProxy(TrafficRecorder recorder, String session, String principal, Terminal terminal) {
    this.recorder = recorder;
    this.session = session;
    this.principal = principal;
    this.terminal = terminal;
  }

  /** Returns when the server has ended, with its exit code, or that of a proxy that had to stop. */
  int run(List<String> command) throws IOException, InterruptedException {
    Process server;
    try {
      server = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new CannotRun(
          "no-server",
          "the server cannot be started: " + e.getMessage(),
          "try the command behind -- by itself");
    }
    Thread stop = new Thread(server::destroy, "stele-stop-server");
    Runtime.getRuntime().addShutdownHook(stop);
    Thread toServer =
        Thread.ofVirtual()
            .name("stele-to-server")
            .start(
                () -> {
                  try (OutputStream out = server.getOutputStream()) {
                    pass(System.in, out, Direction.TO_SERVER, server);
                  } catch (IOException e) {
                    // A server that ended has closed its end; its exit says the rest.
                    terminal.note("stele: the server takes nothing more");
                  }
                });
    // What stands on stdout must be the server's bytes alone.
    try (OutputStream out = new FileOutputStream(FileDescriptor.out)) {
      pass(server.getInputStream(), out, Direction.TO_CLIENT, server);
    } catch (IOException e) {
      terminal.note("stele: the client takes nothing more");
      server.destroy();
    }
    int code = server.waitFor();
    toServer.interrupt();
    Runtime.getRuntime().removeShutdownHook(stop);
    String why = failure.get();
    if (why != null) {
      throw new CannotRun("not-recorded", "the server was stopped: " + why, "stele doctor");
    }
    return code;
  }

  private void pass(InputStream from, OutputStream to, Direction direction, Process server)
      throws IOException {
    InputStream in = new BufferedInputStream(from, BUFFER_BYTES);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (failure.get() == null) {
      line.reset();
      int last = readLine(in, line);
      byte[] bytes = line.toByteArray();
      if (bytes.length > 0 && !isBlank(bytes) && !recorded(direction, bytes)) {
        server.destroy();
        return;
      }
      to.write(bytes);
      if (last == '\n') {
        to.write('\n');
      }
      to.flush();
      if (last < 0) {
        return;
      }
    }
  }

  /** One byte past what the log takes is enough to know that it is too long. */
  private static int readLine(InputStream in, ByteArrayOutputStream line) throws IOException {
    int next = in.read();
    while (next >= 0 && next != '\n' && line.size() <= EventDraft.MAX_PAYLOAD_BYTES) {
      line.write(next);
      next = in.read();
    }
    return next;
  }

  private static boolean isBlank(byte[] bytes) {
    for (byte each : bytes) {
      if (each != ' ' && each != '\t' && each != '\r') {
        return false;
      }
    }
    return true;
  }

  private boolean recorded(Direction direction, byte[] message) {
    String why;
    try {
      why =
          switch (recorder.record(session, direction, principal, message)) {
            case Outcome.Recorded _ -> null;
            case Outcome.NotRecorded(String reason) -> reason;
          };
    } catch (StorageFailed e) {
      why = String.valueOf(e.getMessage());
    }
    if (why != null) {
      failure.compareAndSet(null, why);
    }
    return why == null;
  }
}
