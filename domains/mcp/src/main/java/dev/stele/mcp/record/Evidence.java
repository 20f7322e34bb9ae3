package dev.stele.mcp.record;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.mcp.gate.TrafficGate;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What was said in one session, with all that convinces somebody who has nothing but the log's
 * public key.
 *
 * <pre>
 *   index.html                  the messages, and a verifier that runs in the browser without network
 *   events.jsonl                the same for programs: position, direction, time, message
 *   proofs/POSITION.tlog-proof  one file for each, as {@code stele check} and others read it
 *   checkpoint, vkey            the signed tree, and the key that has signed it
 * </pre>
 *
 * <p>The page reads what it shows from the bytes that it has checked, and refuses a bundle from
 * which a message between two others was taken: the record of each says which of its stream it is.
 */
public final class Evidence {
  /** 10,000 messages: more make a page that no browser likes to open. */
  public static final int MAX_EVENTS = 10_000;

  private static final int PAGE = 1_000;

  /** Takes the files of a bundle, in any order. */
  @FunctionalInterface
  public interface Files {
    /** Takes one. */
    void write(String path, byte[] content) throws IOException;
  }

  /** What came of it. */
  public sealed interface Outcome {
    /**
     * The bundle is written.
     *
     * @param events how many messages it has
     * @param size how many events the tree has that their proofs lead to
     */
    record Written(int events, long size) implements Outcome {}

    /** There is no such session in the log. */
    record NoSuchSession() implements Outcome {}

    /**
     * The session has more messages than a bundle may have.
     *
     * @param events how many
     */
    record TooMany(long events) implements Outcome {}
  }

  private Evidence() {}

  /**
   * Writes the bundle of a session.
   *
   * @param checkpoint over all of its events
   * @throws IOException when the files cannot be written
   */
  public static Outcome write(
      LogReader log, SignedCheckpoint checkpoint, String session, Files files) throws IOException {
    String stream = TrafficGate.PREFIX + session;
    long count = log.lastRevision(stream);
    if (count == 0) {
      return new Outcome.NoSuchSession();
    }
    if (count > MAX_EVENTS) {
      return new Outcome.TooMany(count);
    }
    StringBuilder lines = new StringBuilder();
    List<String> proofs = new ArrayList<>();
    for (StoredEvent event : read(log, stream, checkpoint.checkpoint().size())) {
      byte[] proof =
          EventProof.build(event.record(), event.body(), event.position(), checkpoint, log.nodes());
      files.write("proofs/%d.tlog-proof".formatted(event.position()), proof);
      lines.append(line(event)).append('\n');
      proofs.add(
          "{\"position\":%d,\"proof\":\"%s\"}"
              .formatted(event.position(), Base64.getEncoder().encodeToString(proof)));
    }
    files.write("events.jsonl", lines.toString().getBytes(StandardCharsets.UTF_8));
    files.write("checkpoint", checkpoint.bytes());
    String vkey = log.verifierKey().text();
    files.write("vkey", (vkey + "\n").getBytes(StandardCharsets.UTF_8));
    String bundle =
        "{\"session\":%s,\"stream\":%s,\"vkey\":%s,\"events\":[%s]}"
            .formatted(quoted(session), quoted(stream), quoted(vkey), String.join(",", proofs));
    files.write(
        "index.html",
        resource("evidence.html")
            // Its first line is for a shell.
            .replace("@VERIFIER@", resource("verify-proof.mjs").replaceFirst("#![^\n]*\n", ""))
            // Nothing that a session is called may end the script that holds it.
            .replace("@BUNDLE@", bundle.replace("<", "\\u003c"))
            .getBytes(StandardCharsets.UTF_8));
    return new Outcome.Written(proofs.size(), checkpoint.checkpoint().size());
  }

  private static List<StoredEvent> read(LogReader log, String stream, long size) {
    List<StoredEvent> events = new ArrayList<>();
    long revision = 0;
    for (List<StoredEvent> page = log.readStream(stream, 0, PAGE);
        !page.isEmpty();
        page = log.readStream(stream, revision, PAGE)) {
      for (StoredEvent event : page) {
        revision = event.revision();
        if (event.position() > size) {
          return events;
        }
        events.add(event);
      }
    }
    return events;
  }

  private static String line(StoredEvent event) {
    Optional<byte[]> payload = event.payload();
    return "{\"position\":%d,\"recordedAt\":%s,\"type\":%s,\"principal\":%s,\"message\":%s}"
        .formatted(
            event.position(),
            quoted(event.recordedAt().toString()),
            quoted(event.type()),
            quoted(event.subject()),
            payload.map(bytes -> quoted(new String(bytes, StandardCharsets.UTF_8))).orElse("null"));
  }

  private static String quoted(String text) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator =
        new JsonFactory().createGenerator(ObjectWriteContext.empty(), out)) {
      generator.writeString(text);
    }
    return out.toString();
  }

  private static String resource(String name) {
    try (InputStream in = Evidence.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the resource %s is not there".formatted(name));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
