package dev.stele.server;

import dev.stele.cli.CannotRun;
import dev.stele.cli.ExitCode;
import dev.stele.cli.Terminal;
import dev.stele.server.config.BadSetting;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.server.host.Host;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** {@code stele serve}: everything the server has, by its settings. */
@Command(
    name = "serve",
    description = {
      "Serve logs over HTTP and gRPC until it is told to stop.",
      "Without any option: the logs in stele-data, for this machine alone."
    })
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      defaultValue = "${env:STELE_CONFIG}",
      description = "a file of settings, key = value (default: $STELE_CONFIG, else none)")
  private @Nullable Path file;

  @Option(names = "--json", description = "answer with JSON alone on stdout")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this help and exit")
  boolean help;

  private final Map<Setting, OptionSpec> flags = new EnumMap<>(Setting.class);

  /** The command with a flag for each setting. */
  static CommandSpec spec() {
    ServeCommand command = new ServeCommand();
    CommandSpec spec = CommandSpec.forAnnotatedObject(command);
    for (Setting setting : Setting.values()) {
      OptionSpec flag =
          OptionSpec.builder(setting.flag())
              .paramLabel("V")
              .type(String.class)
              .description(
                  setting.meaning()
                      + (setting.otherwise().isEmpty()
                          ? ""
                          : " (default: " + setting.otherwise() + ")"))
              .build();
      command.flags.put(setting, flag);
      spec.addOption(flag);
    }
    return spec;
  }

  @Override
  public Integer call() throws Exception {
    Terminal terminal = Terminal.ofProcess(json);
    ServerConfig config = config();
    Serving serving = Serving.start(config, terminal, "stele serve --http-port 0");
    tell(terminal, config, serving.server());
    serving.untilStopped();
    return ExitCode.DONE;
  }

  private ServerConfig config() {
    Map<Setting, String> given = new EnumMap<>(Setting.class);
    flags.forEach(
        (setting, flag) -> {
          String value = flag.getValue();
          if (value != null) {
            given.put(setting, value);
          }
        });
    try {
      return ServerConfig.read(
          Optional.ofNullable(file).filter(path -> !path.toString().isEmpty()),
          System.getenv(),
          given);
    } catch (BadSetting e) {
      throw new CannotRun("bad-setting", String.valueOf(e.getMessage()), "stele serve --help");
    }
  }

  private static void tell(Terminal terminal, ServerConfig config, Server server) {
    String scheme = config.isSet(Setting.TLS_CERTIFICATE) ? "https" : "http";
    String url = "%s://%s:%d".formatted(scheme, config.text(Setting.HTTP_BIND), server.httpPort());
    var main = server.host().find(Host.MAIN).orElseThrow();
    String checkpoint = new String(server.mainCheckpoint().bytes(), StandardCharsets.UTF_8);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("http", url);
    json.put("vkey", main.log().verifierKey().text());
    json.put("checkpoint", checkpoint);
    List<String> lines = new ArrayList<>();
    lines.add("console     " + url + "/");
    lines.add("log         " + url + "/v1/logs/" + Host.MAIN);
    server
        .grpcPort()
        .ifPresent(
            port -> {
              String grpc = "%s:%d".formatted(config.text(Setting.GRPC_BIND), port);
              json.put("grpc", grpc);
              lines.add("gRPC        " + grpc);
            });
    lines.add("public key  " + main.log().verifierKey().text());
    lines.add("checkpoint");
    checkpoint.lines().forEach(line -> lines.add("   " + line));
    lines.add("Ctrl-C stops it; nothing that was acknowledged is lost.");
    terminal.answer(json, lines);
  }
}
