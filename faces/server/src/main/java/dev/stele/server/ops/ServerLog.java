package dev.stele.server.ops;

import dev.stele.cli.Json;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The lines of the server's own log, on stderr: as text, or as one JSON object a line.
 *
 * <p>Messages here are made of {@code key=value}, and each pair becomes a member of the object.
 * What a request brought as its credential is in no message.
 */
public final class ServerLog {
  // java.util.logging forgets the level of a logger that nobody holds.
  private static final Logger LOGGER = Logger.getLogger("dev.stele");

  private static final Pattern PAIR = Pattern.compile("([a-zA-Z]+)=(\"[^\"]*\"|\\S+)");

  private ServerLog() {}

  /**
   * Begins to write lines of this process.
   *
   * @param json whether they are JSON
   * @param level from which level on
   */
  public static void begin(boolean json, Level level) {
    Handler handler = new ConsoleHandler();
    handler.setFormatter(json ? new AsJson() : new AsText());
    handler.setLevel(Level.ALL);
    LOGGER.setUseParentHandlers(false);
    for (Handler before : LOGGER.getHandlers()) {
      LOGGER.removeHandler(before);
    }
    LOGGER.addHandler(handler);
    LOGGER.setLevel(level);
  }

  private static final class AsText extends Formatter {
    @Override
    public String format(LogRecord record) {
      String thrown = record.getThrown() == null ? "" : " thrown=\"" + record.getThrown() + "\"";
      return "%s %s %s%s%n"
          .formatted(record.getInstant(), record.getLevel(), formatMessage(record), thrown);
    }
  }

  /** One object a line. */
  static final class AsJson extends Formatter {
    @Override
    public String format(LogRecord record) {
      Map<String, Object> json = new LinkedHashMap<>();
      Instant at = record.getInstant();
      json.put("time", at.toString());
      json.put("level", record.getLevel().getName());
      json.put("logger", record.getLoggerName());
      String message = formatMessage(record);
      json.put("message", message);
      Matcher pairs = PAIR.matcher(message);
      while (pairs.find()) {
        json.putIfAbsent(pairs.group(1), pairs.group(2).replace("\"", ""));
      }
      if (record.getThrown() != null) {
        json.put("thrown", record.getThrown().toString());
      }
      return Json.write(json) + System.lineSeparator();
    }
  }
}
