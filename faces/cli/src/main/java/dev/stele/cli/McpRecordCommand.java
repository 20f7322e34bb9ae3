package dev.stele.cli;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.EventLog;
import dev.stele.mcp.record.Redaction;
import dev.stele.mcp.record.TrafficRecorder;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "record",
    description = {
      "Stand between an MCP client and its server, and put every message into a log, in order,",
      "before it goes on. Bytes pass as they are. What cannot be recorded does not pass.",
      "",
      "  stele mcp record -- npx some-mcp-server        a server that speaks stdio",
      "  stele mcp record --upstream https://host/mcp   one that speaks HTTP, at --listen"
    })
final class McpRecordCommand extends SteleCommand {
  /** Four bytes of chance tell the runs of a proxy apart. */
  private static final int RUN_BYTES = 4;

  @Option(names = "--upstream", paramLabel = "URL", description = "the endpoint of an HTTP server")
  private @Nullable URI upstream;

  @Option(
      names = "--listen",
      paramLabel = "PORT",
      description = "where to listen for --upstream, on loopback; 0: any (default: 3333)")
  private int port = 3333;

  @Option(
      names = "--session",
      paramLabel = "ID",
      description = "what to call a session that has no id (default: one for each run)")
  private @Nullable String session;

  @Option(
      names = "--principal",
      paramLabel = "NAME",
      description = "who the client is, as far as you know")
  private String principal = "";

  @Option(
      names = "--principal-header",
      paramLabel = "NAME",
      description = "the header by which a gateway in front says who the client is")
  private @Nullable String principalHeader;

  @Option(
      names = "--redact",
      paramLabel = "REGEX",
      description = "what is not stored of any string; may be given often")
  private List<String> patterns = new ArrayList<>();

  @Option(
      names = "--redact-member",
      paramLabel = "NAME",
      description = "a member whose value is not stored, such as password; may be given often")
  private List<String> members = new ArrayList<>();

  @Option(
      names = "--durability",
      paramLabel = "LEVEL",
      description = "what to wait for: durable, os or memory (default: durable)")
  private String durability = "durable";

  @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "the server, behind --")
  private List<String> command = new ArrayList<>();

  @Override
  int run(Terminal terminal) throws Exception {
    if (command.isEmpty() == (upstream == null)) {
      throw new CannotRun(
          "bad-arguments",
          "say which server: a command behind --, or --upstream URL",
          "stele mcp record --help");
    }
    Redaction redaction = redaction();
    Durability level = level();
    byte[] drawn = new byte[RUN_BYTES];
    new SecureRandom().nextBytes(drawn);
    String run = HexFormat.of().formatHex(drawn);
    try (EventLog writer = log.openWriter()) {
      TrafficRecorder recorder = new TrafficRecorder(writer, redaction, level);
      if (upstream == null) {
        String name = session == null ? "stdio-" + run : session;
        // Not a word on stdout: it is the wire.
        terminal.note("stele: recording session %s into %s".formatted(name, log.uri()));
        return new StdioProxy(recorder, name, principal, terminal).run(command);
      }
      String name = session == null ? "http-" + run : session;
      try (HttpProxy proxy =
          HttpProxy.start(
              recorder,
              new HttpProxy.Options(upstream, name, principal, principalHeader),
              new InetSocketAddress("127.0.0.1", port),
              terminal)) {
        terminal.note(
            "stele: recording %s into %s; clients connect to http://127.0.0.1:%d%s"
                .formatted(upstream, log.uri(), proxy.port(), path(upstream)));
        proxy.awaitStop();
      }
      return ExitCode.DONE;
    }
  }

  private static String path(URI upstream) {
    return upstream.getRawPath() == null ? "" : upstream.getRawPath();
  }

  private Redaction redaction() {
    List<Pattern> compiled = new ArrayList<>();
    for (String pattern : patterns) {
      try {
        compiled.add(Pattern.compile(pattern));
      } catch (PatternSyntaxException e) {
        throw new CannotRun(
            "bad-pattern",
            "--redact '%s': %s".formatted(pattern, e.getDescription()),
            "--redact 'sk-[A-Za-z0-9]+'");
      }
    }
    return Redaction.of(compiled, members);
  }

  private Durability level() {
    for (Durability each : Durability.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(durability)) {
        return each;
      }
    }
    throw new CannotRun(
        "bad-durability",
        "--durability is durable, os or memory, not '%s'".formatted(durability),
        "--durability durable");
  }
}
