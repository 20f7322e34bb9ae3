package dev.stele.server.http;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.EntryBundle;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TileCoordinates;
import dev.stele.server.auth.PublicFace;
import dev.stele.server.witness.Cosigning;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A log as tools for transparency logs read it: its checkpoint, its tiles and its entries (C2SP
 * tlog-tiles and tlog-checkpoint).
 *
 * <p>Only what the last signed checkpoint covers is served. Full tiles never change; a partial one
 * of any width up to what is there is served until the full one is, and after.
 */
final class TileRoutes {
  private static final Access ACCESS = new Access.OfFace(PublicFace.TILES);

  /** {@code x001/x234/067}, and {@code .p/112} where it is partial. */
  private static final Pattern PLACE =
      Pattern.compile("((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\\.p/([1-9][0-9]{0,2}))?");

  private static final String FOR_EVER = "public, max-age=31536000, immutable";

  /** A second: as often as a checkpoint is signed. */
  private static final String SHORT = "public, max-age=1";

  private final Cosigning cosigning;

  TileRoutes(Cosigning cosigning) {
    this.cosigning = cosigning;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/logs/{log}/checkpoint", ACCESS, this::checkpoint),
        Route.get("/v1/logs/{log}/vkey", ACCESS, TileRoutes::vkey),
        Route.get("/v1/logs/{log}/tile/{place...}", ACCESS, TileRoutes::tile));
  }

  private Reply checkpoint(Call call) {
    SignedCheckpoint checkpoint =
        cosigning
            .publicCheckpoint(call.log())
            .orElseThrow(
                () ->
                    new Refusal(Problem.notFound("no checkpoint has its quorum of witnesses yet")));
    return Reply.text(new String(checkpoint.bytes(), StandardCharsets.UTF_8))
        .with("Cache-Control", SHORT);
  }

  private static Reply vkey(Call call) {
    return Reply.text(call.log().log().verifierKey().text() + "\n");
  }

  private static Reply tile(Call call) {
    EventLog log = call.log().log();
    String place = call.place("place");
    int slash = place.indexOf('/');
    String level = slash < 0 ? place : place.substring(0, slash);
    String rest = slash < 0 ? "" : place.substring(slash + 1);
    boolean entries = level.equals("entries");
    Optional<TileCoordinates> tile = parse(entries ? "0" : level, rest);
    long signed = call.log().checkpoint().checkpoint().size();
    return tile.filter(asked -> isThere(asked, signed))
        .flatMap(asked -> entries ? bundle(log, asked) : Optional.of(asked.bytes(log.nodes())))
        .<Reply>map(bytes -> Reply.bytes(bytes).with("Cache-Control", FOR_EVER))
        .orElseGet(() -> Reply.failed(Problem.notFound("there is no such tile")));
  }

  /** Only the one spelling of a tile that C2SP has is a tile. */
  private static Optional<TileCoordinates> parse(String level, String place) {
    Matcher matcher = PLACE.matcher(place);
    if (!level.matches("[0-7]") || !matcher.matches()) {
      return Optional.empty();
    }
    long index = 0;
    for (String group : matcher.group(1).replace("x", "").split("/", -1)) {
      index = index * 1_000 + Integer.parseInt(group);
    }
    int width =
        matcher.group(2) == null ? TileCoordinates.FULL_WIDTH : Integer.parseInt(matcher.group(2));
    if (width > TileCoordinates.FULL_WIDTH
        || (matcher.group(2) != null && width == TileCoordinates.FULL_WIDTH)) {
      return Optional.empty();
    }
    TileCoordinates tile = new TileCoordinates(Integer.parseInt(level), index, width);
    return tile.path().equals("tile/" + level + "/" + place) ? Optional.of(tile) : Optional.empty();
  }

  private static boolean isThere(TileCoordinates tile, long size) {
    long hashes = tile.level() == 0 ? size : size >>> (8 * tile.level());
    return tile.index() <= hashes / TileCoordinates.FULL_WIDTH
        && tile.index() * TileCoordinates.FULL_WIDTH + tile.width() <= hashes;
  }

  /** Empty where events of it were trimmed. */
  private static Optional<byte[]> bundle(EventLog log, TileCoordinates tile) {
    List<byte[]> records = new ArrayList<>();
    long first = tile.firstLeaf();
    while (records.size() < tile.width()) {
      List<StoredEvent> read = log.read(first + records.size(), tile.width() - records.size());
      if (read.isEmpty() || read.getFirst().position() != first + records.size() + 1) {
        return Optional.empty();
      }
      read.forEach(event -> records.add(event.record()));
    }
    return Optional.of(EntryBundle.encode(records));
  }
}
