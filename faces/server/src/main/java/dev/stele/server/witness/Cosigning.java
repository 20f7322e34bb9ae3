package dev.stele.server.witness;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TileExport;
import dev.stele.core.witness.AddCheckpoint;
import dev.stele.core.witness.WitnessPolicy;
import dev.stele.core.witness.WitnessReply;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has the ends of logs signed when nothing more comes, our checkpoints cosigned by witnesses, and
 * published in a second place.
 *
 * <pre>
 *   every second, for each log that grew:
 *     signed checkpoint ──► each witness of the policy ── quorum? ──► served as the log's checkpoint
 *                       └─► PUBLISH/NAME: tiles, then the checkpoint
 * </pre>
 *
 * <p>With a policy, the checkpoint that is served is the last one that its quorum cosigned; without
 * one, the last that was signed. A witness that does not answer is asked again a second later; the
 * log itself never waits. Thread-safe.
 */
public final class Cosigning implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  /** As often as a checkpoint is signed. */
  private static final Duration EVERY = Duration.ofSeconds(1);

  /** Five seconds for a witness to answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** A witness that stands elsewhere is asked once more from there. */
  private static final int ATTEMPTS = 2;

  private static final int PAGE = 256;

  private final Host host;
  private final Optional<WitnessPolicy> policy;
  private final Optional<Path> publish;
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(PATIENCE).version(HttpClient.Version.HTTP_1_1).build();

  /** By the log's name: the last checkpoint that reached the quorum. */
  private final Map<String, SignedCheckpoint> cosigned = new ConcurrentHashMap<>();

  /** By witness and log: where the witness stands, as it last said. */
  private final Map<String, Long> stands = new ConcurrentHashMap<>();

  /** By the log's name: the size that was published last. */
  private final Map<String, Long> published = new ConcurrentHashMap<>();

  /** What was read last, and of which log; of the one thread. */
  private List<StoredEvent> page = List.of();

  private @Nullable EventLog pageOf;

  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  /**
   * Begins, in a thread of its own.
   *
   * @param policy the witnesses and the quorum, where checkpoints are to be cosigned
   * @param publish the folder of the second place
   */
  public Cosigning(Host host, Optional<WitnessPolicy> policy, Optional<Path> publish) {
    this.host = host;
    this.policy = policy;
    this.publish = publish;
    this.thread = Thread.ofVirtual().name("stele-cosigning").start(this::run);
  }

  /** The checkpoint of a log that is for others to see; empty until the quorum has cosigned one. */
  public Optional<SignedCheckpoint> publicCheckpoint(HostedLog log) {
    return policy.isPresent()
        ? Optional.ofNullable(cosigned.get(log.name()))
        : Optional.of(log.checkpoint());
  }

  private void run() {
    try {
      do {
        for (HostedLog log : host.logs()) {
          round(log);
        }
      } while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LogClosed e) {
      LOGGER.log(System.Logger.Level.DEBUG, "event=cosigning-ended");
    }
  }

  private void round(HostedLog log) throws InterruptedException {
    try {
      if (!log.log().health().isOk()) {
        return;
      }
      // A log signs while it grows; this signs for its last events when nothing more comes.
      SignedCheckpoint signed = log.checkpointOver(log.log().head().size());
      if (log.isServersOwn()) {
        return;
      }
      if (policy.isPresent()) {
        cosign(log, signed, policy.get());
      }
      if (publish.isPresent()) {
        publicCheckpoint(log)
            .ifPresent(checkpoint -> publish(log, checkpoint, publish.get().resolve(log.name())));
      }
    } catch (StorageFailed e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=cosigning-failed log=" + log.name(), e);
    }
  }

  private void cosign(HostedLog log, SignedCheckpoint signed, WitnessPolicy known)
      throws InterruptedException {
    SignedCheckpoint before = cosigned.get(log.name());
    if (before != null && before.checkpoint().size() == signed.checkpoint().size()) {
      return;
    }
    SignedCheckpoint gathered = signed;
    for (WitnessPolicy.KnownWitness witness : known.witnesses()) {
      if (witness.url().isPresent()) {
        gathered = ask(log, gathered, signed, witness);
      }
    }
    switch (known.satisfiedBy(gathered.note(), log.log().verifierKey())) {
      case WitnessPolicy.Verdict.Satisfied _ -> cosigned.put(log.name(), gathered);
      case WitnessPolicy.Verdict.NotSatisfied(String reason) ->
          LOGGER.log(
              System.Logger.Level.WARNING,
              "event=no-quorum log=" + log.name() + " reason=\"" + reason + "\"");
    }
  }

  /** The checkpoint with the witness's line added, or as it was when there is none. */
  private SignedCheckpoint ask(
      HostedLog log,
      SignedCheckpoint gathered,
      SignedCheckpoint signed,
      WitnessPolicy.KnownWitness witness)
      throws InterruptedException {
    String place = witness.name() + ' ' + log.name();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long from = stands.getOrDefault(place, 0L);
      if (from > signed.checkpoint().size()) {
        LOGGER.log(
            System.Logger.Level.ERROR,
            "event=witness-ahead witness=" + witness.name() + " log=" + log.name());
        return gathered;
      }
      WitnessReply reply = send(log.log(), from, signed, witness.url().orElseThrow());
      if (reply == null) {
        return gathered;
      }
      switch (reply.read(gathered, List.of(witness.key()))) {
        case WitnessReply.Reading.Cosigned(SignedCheckpoint more, var _) -> {
          stands.put(place, signed.checkpoint().size());
          return more;
        }
        case WitnessReply.Reading.StandsElsewhere(long kept) -> stands.put(place, kept);
        case WitnessReply.Reading.Refused(int status, String reason) -> {
          LOGGER.log(
              System.Logger.Level.ERROR,
              "event=witness-refuses witness=%s status=%d reason=\"%s\""
                  .formatted(witness.name(), status, reason));
          return gathered;
        }
        case WitnessReply.Reading.Unusable(String reason) -> {
          LOGGER.log(
              System.Logger.Level.WARNING,
              "event=witness-unusable witness=%s reason=\"%s\"".formatted(witness.name(), reason));
          return gathered;
        }
      }
    }
    return gathered;
  }

  private @Nullable WitnessReply send(EventLog log, long from, SignedCheckpoint signed, String url)
      throws InterruptedException {
    byte[] body =
        new AddCheckpoint(log.consistency(from, signed.checkpoint().size()), signed).bytes();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url.replaceFirst("/$", "") + "/add-checkpoint"))
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try {
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      return new WitnessReply(
          response.statusCode(),
          response.headers().firstValue("Content-Type").orElse(""),
          new String(response.body(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.WARNING, "event=witness-silent url=" + url + " " + e.getMessage());
      return null;
    }
  }

  private void publish(HostedLog log, SignedCheckpoint checkpoint, Path folder) {
    long size = checkpoint.checkpoint().size();
    Long before = published.get(log.name());
    if (before != null && before == size) {
      return;
    }
    try {
      switch (TileExport.write(
          folder, checkpoint, log.log().nodes(), index -> record(log.log(), index))) {
        case TileExport.Outcome.Written _ -> published.put(log.name(), size);
        case TileExport.Outcome.Refused(String reason) ->
            LOGGER.log(
                System.Logger.Level.ERROR,
                "event=publish-refused log=" + log.name() + " reason=\"" + reason + "\"");
      }
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=publish-failed log=" + log.name(), e);
    }
  }

  /** Entries are asked for in order: the page that was read last has most of them. */
  private byte[] record(EventLog log, long index) {
    long position = index + 1;
    if (page.isEmpty()
        || position < page.getFirst().position()
        || position > page.getLast().position()
        || pageOf != log) {
      page = log.read(index, PAGE);
      pageOf = log;
    }
    if (page.isEmpty() || page.getFirst().position() > position) {
      throw new StorageFailed("event %d was trimmed before it was published".formatted(position));
    }
    return page.get((int) (position - page.getFirst().position())).record();
  }

  /** Ends after the round that is under way. */
  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
