package dev.stele.cli;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.EntrySource;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TileExport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "tiles",
    description = "The log as tiles that standard transparency tools read.",
    subcommands = TilesCommand.Export.class)
final class TilesCommand {
  @Command(
      name = "export",
      description = "Write checkpoint, tiles and entries (C2SP tlog-tiles) into a folder.")
  static final class Export extends SteleCommand {
    @Parameters(paramLabel = "DIR", description = "the folder; an earlier export is continued")
    private Path directory = Path.of("tiles");

    @Override
    int run(Terminal terminal) throws IOException {
      try (EventLog writer = log.openWriter()) {
        SignedCheckpoint checkpoint = writer.checkpoint();
        long size = checkpoint.checkpoint().size();
        terminal.begin("exporting");
        TileExport.Outcome outcome =
            TileExport.write(
                directory, checkpoint, writer.nodes(), new Records(writer, size, terminal));
        Map<String, Object> json = new LinkedHashMap<>();
        switch (outcome) {
          case TileExport.Outcome.Refused(String reason) -> {
            json.put("exported", false);
            json.put("reason", reason);
            terminal.answer(json, List.of("REFUSED: " + reason));
            return ExitCode.REFUSED_OR_BROKEN;
          }
          case TileExport.Outcome.Written(long files) -> {
            Files.writeString(directory.resolve("vkey"), writer.verifierKey().text() + "\n");
            json.put("exported", true);
            json.put("directory", directory.toString());
            json.put("size", size);
            json.put("files", files);
            json.put("vkey", writer.verifierKey().text());
            terminal.answer(
                json,
                List.of(
                    "wrote %,d files for %,d events to %s".formatted(files, size, directory),
                    "vkey %s".formatted(writer.verifierKey().text())));
            return ExitCode.DONE;
          }
        }
      }
    }
  }

  /** Gives records by index, reading ahead in pages, because an export asks for them in order. */
  private static final class Records implements EntrySource {
    private static final int PAGE = 512;

    private final LogReader reader;
    private final long size;
    private final Terminal terminal;
    private List<StoredEvent> page = List.of();

    Records(LogReader reader, long size, Terminal terminal) {
      this.reader = reader;
      this.size = size;
      this.terminal = terminal;
    }

    @Override
    public byte[] entry(long index) {
      long position = index + 1;
      if (page.isEmpty()
          || position < page.getFirst().position()
          || position > page.getLast().position()) {
        page = reader.read(index, PAGE);
        terminal.progress(index, size);
      }
      if (page.isEmpty() || page.getFirst().position() > position) {
        throw new CannotRun(
            "trimmed-log",
            "event %d was trimmed, and an export needs every record that is not in it yet"
                .formatted(position),
            "stele tiles export DIR, with the folder of an earlier export");
      }
      return page.get((int) (position - page.getFirst().position())).record();
    }
  }
}
