package dev.stele.server;

import dev.stele.cli.CannotRun;
import dev.stele.cli.ExitCode;
import dev.stele.cli.Terminal;
import dev.stele.core.storage.Storages;
import dev.stele.server.config.BadSetting;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.server.host.Host;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code stele relay}: a Nostr relay without a file of settings. It is the server, whose log {@code
 * main} holds Nostr events here.
 */
@Command(
    name = "relay",
    description = {
      "Serve a Nostr relay until it is told to stop.",
      "Without any option: the events in stele-relay, for this machine alone.",
      "Further settings are those of the server, as STELE_RELAY_... in the environment."
    })
final class RelayCommand implements Callable<Integer> {
  private static final String FOLDER = "stele-relay";

  /** A folder in which one engine keeps a log, and not a file of it. */
  private static final Pattern IN_FOLDER = Pattern.compile("(sqlite|lmdb):(.+)");

  @Option(
      names = "--log",
      paramLabel = "URI",
      defaultValue = "sqlite:" + FOLDER,
      description =
          "where the events are: sqlite:FOLDER, lmdb:FOLDER, postgres://...; made where nothing is"
              + " (default: ${DEFAULT-VALUE})")
  private String log = "sqlite:" + FOLDER;

  @Option(
      names = "--owner",
      paramLabel = "NPUB",
      description = "whose relay it is: npub or 64 hex digits of a public key")
  private @Nullable String owner;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "7777",
      description = "the port; 0: any that is free (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--host",
      paramLabel = "H",
      defaultValue = "127.0.0.1",
      description = "the address to listen on (default: ${DEFAULT-VALUE}, this machine alone)")
  private String host = "127.0.0.1";

  @Option(names = "--json", description = "answer with JSON alone on stdout")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this help and exit")
  boolean help;

  @Override
  public Integer call() throws Exception {
    Terminal terminal = Terminal.ofProcess(json);
    ServerConfig config = config();
    Serving serving = Serving.start(config, terminal, "stele relay --port 0");
    tell(terminal, config, serving.server());
    serving.untilStopped();
    return ExitCode.DONE;
  }

  private ServerConfig config() {
    Map<Setting, String> given = new EnumMap<>(Setting.class);
    Optional<Matcher> folder = folder();
    given.put(Setting.DATA, folder.map(found -> found.group(2)).orElse(FOLDER));
    folder.ifPresent(found -> given.put(Setting.ENGINE, found.group(1)));
    given.put(Setting.RELAY_LOG, Host.MAIN);
    given.put(Setting.HTTP_BIND, host);
    given.put(Setting.HTTP_PORT, String.valueOf(port));
    given.put(Setting.GRPC_PORT, "off");
    // Nobody is trusted for where he calls from, so that pages of everywhere may use it.
    given.put(Setting.PUBLIC, "relay");
    if (!ServerConfig.isLoopback(host)) {
      given.put(Setting.AUTH, "required");
    }
    if (owner != null) {
      given.put(Setting.RELAY_OWNER, owner);
    }
    try {
      ServerConfig config = ServerConfig.read(Optional.empty(), System.getenv(), given);
      return folder.isPresent() ? config : config.withLog(Host.MAIN, log);
    } catch (BadSetting e) {
      throw new CannotRun("bad-setting", String.valueOf(e.getMessage()), "stele relay --help");
    }
  }

  private Optional<Matcher> folder() {
    try {
      // Says what a log's URI looks like where this is none.
      var _ = Storages.home(log);
    } catch (IllegalArgumentException e) {
      throw new CannotRun(
          "bad-log-uri", String.valueOf(e.getMessage()), "stele relay --log sqlite:" + FOLDER);
    }
    Matcher matcher = IN_FOLDER.matcher(log);
    boolean isFile = log.endsWith(".db") || log.endsWith(".lmdb");
    return matcher.matches() && !isFile ? Optional.of(matcher) : Optional.empty();
  }

  private void tell(Terminal terminal, ServerConfig config, Server server) {
    String address = "%s:%d".formatted(host, server.httpPort());
    Path data = Path.of(config.text(Setting.DATA)).toAbsolutePath().normalize();
    String files = Storages.withoutSecrets(log);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("relay", "ws://" + address);
    answer.put("http", "http://" + address);
    answer.put("log", files);
    answer.put("data", data.toString());
    List<String> lines = new ArrayList<>();
    lines.add("relay    ws://" + address);
    lines.add("console  http://" + address + "/");
    lines.add("log      " + files);
    lines.add("files    " + data);
    if (config.isSet(Setting.RELAY_OWNER)) {
      answer.put("owner", config.text(Setting.RELAY_OWNER));
      lines.add("owner    " + config.text(Setting.RELAY_OWNER));
    }
    String vkey = server.host().find(Host.MAIN).orElseThrow().log().verifierKey().text();
    answer.put("vkey", vkey);
    lines.add("vkey     " + vkey);
    lines.add("Ctrl-C stops it; nothing that was acknowledged is lost.");
    terminal.answer(answer, lines);
  }
}
