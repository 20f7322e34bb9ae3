package dev.stele.ledger;

import dev.stele.ledger.LedgerAppend.Appended;
import dev.stele.ledger.LedgerAppend.ChainOrderingViolation;
import dev.stele.ledger.LedgerAppend.Corrupted;
import dev.stele.ledger.LedgerAppend.DuplicateEventId;
import dev.stele.ledger.LedgerAppend.InvalidEvent;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.Checks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Takes events of another ledger over into this one, in their order and as they are.
 *
 * <pre>
 *   Candidate ──sequence, chain──► faults of the source
 *       └──────gate, chain here──► appended │ already present │ refused
 * </pre>
 *
 * <p>Running it twice appends nothing the second time. After a broken link in the source nothing
 * more can be chained, so what follows is refused. Used once, by one thread; memory does not depend
 * on how much there is.
 */
public final class LedgerImport {
  /** The most refusals and faults a report lists; what is beyond is only counted. */
  public static final int MAX_LISTED = 1_000;

  /** How many events share a commit. */
  private static final int CHUNK = 500;

  /**
   * An event of another ledger.
   *
   * @param seqNo its number there, by which the report names it
   * @param event the event
   */
  public record Candidate(long seqNo, SignedEvent event) {}

  /**
   * An event that was not taken over.
   *
   * @param seqNo its number in the source
   * @param eventId its id
   * @param code a stable word for programs
   * @param reason one sentence for people
   */
  public record Refusal(long seqNo, String eventId, String code, String reason) {}

  /**
   * What came of an import.
   *
   * @param appended how many events are new here
   * @param alreadyPresent how many were here already, the same in every byte
   * @param refusedCount how many were not taken over
   * @param refused the first {@value #MAX_LISTED} of them
   * @param faults what is wrong with the source itself, the first {@value #MAX_LISTED}
   * @param guarantees what the events taken over cannot give, in sentences for people
   */
  public record Report(
      long appended,
      long alreadyPresent,
      long refusedCount,
      List<Refusal> refused,
      List<LedgerFault> faults,
      List<String> guarantees) {}

  private final EventLedger ledger;
  private final Checks checks;
  private final List<String> guarantees;

  private final List<Candidate> chunk = new ArrayList<>();
  private final List<Refusal> refused = new ArrayList<>();
  private final List<LedgerFault> faults = new ArrayList<>();
  private long appended;
  private long alreadyPresent;
  private long refusedCount;
  private long lastSeqNo;
  private byte[] lastHash = SignedEvent.genesisHash();

  private LedgerImport(EventLedger ledger, Checks checks, List<String> guarantees) {
    this.ledger = ledger;
    this.checks = checks;
    this.guarantees = guarantees;
  }

  /** Takes over events in this ledger's own form, re-computing hashes and signatures. */
  public static Report signed(EventLedger ledger, Iterator<Candidate> events) {
    return new LedgerImport(ledger, Checks.ALL, List.of()).run(events);
  }

  /**
   * Takes over events of which only the names, hashes and signatures are there, through {@code
   * ledger-bare/1}.
   */
  public static Report bare(EventLedger ledger, Iterator<Candidate> events) {
    return new LedgerImport(
            ledger,
            Checks.ALL.withoutHash().withoutSignature(),
            List.of(
                "The event hashes cannot be re-computed: what they were computed from is not"
                    + " there.",
                "The signatures cannot be verified: neither the signed bytes nor the public keys"
                    + " are there.",
                "The payloads are not there: only references to them were kept.",
                "The hashes do not commit to history: the chain holds only as far as its links were"
                    + " kept honestly until now.",
                "Events that were cut off the end before the import left no trace.",
                "The times are those the source wrote; nobody vouches for them."))
        .run(events);
  }

  private Report run(Iterator<Candidate> events) {
    while (events.hasNext()) {
      Candidate candidate = events.next();
      examine(candidate);
      if (isPresent(candidate)) {
        flush();
        alreadyPresent++;
        continue;
      }
      chunk.add(candidate);
      if (chunk.size() >= CHUNK || candidate.event().payload().length > 64 * 1024) {
        flush();
      }
    }
    flush();
    return new Report(
        appended,
        alreadyPresent,
        refusedCount,
        List.copyOf(refused),
        List.copyOf(faults),
        guarantees);
  }

  /** Looks at the source alone: does it count without a gap, and does each event name the last? */
  private void examine(Candidate candidate) {
    if (candidate.seqNo() <= lastSeqNo) {
      fault(new LedgerFault.DuplicateSequence(candidate.seqNo()));
    } else if (candidate.seqNo() != lastSeqNo + 1) {
      fault(new LedgerFault.SequenceViolation(lastSeqNo + 1, candidate.seqNo()));
    }
    if (!Arrays.equals(lastHash, candidate.event().prevEventHash())) {
      fault(
          new LedgerFault.CorruptionDetected(
              candidate.seqNo(),
              "names the previous hash %s, and the event before it has %s"
                  .formatted(
                      HexFormat.of().formatHex(candidate.event().prevEventHash()),
                      HexFormat.of().formatHex(lastHash))));
    }
    lastSeqNo = Math.max(lastSeqNo, candidate.seqNo());
    lastHash = candidate.event().eventHash();
  }

  private void fault(LedgerFault fault) {
    if (faults.size() < MAX_LISTED) {
      faults.add(fault);
    }
  }

  private boolean isPresent(Candidate candidate) {
    Optional<LedgerEntry> known = ledger.byId(candidate.event().eventId());
    return known.isPresent() && known.get().event().equals(candidate.event());
  }

  private void flush() {
    if (chunk.isEmpty()) {
      return;
    }
    List<SignedEvent> events = chunk.stream().map(Candidate::event).toList();
    if (ledger.append(events, checks) instanceof Appended done) {
      appended += done.count();
    } else {
      // One of them is the reason; one by one, each gets its own.
      chunk.forEach(this::one);
    }
    chunk.clear();
  }

  private void one(Candidate candidate) {
    switch (ledger.append(List.of(candidate.event()), checks)) {
      case Appended _ -> appended++;
      case ChainOrderingViolation(String expected, String actual) ->
          refuse(
              candidate,
              "chain-ordering",
              "the head here is %s, the event names %s".formatted(expected, actual));
      case DuplicateEventId(String _, long seqNo) ->
          refuse(candidate, "duplicate-event-id", "event %d here has this id".formatted(seqNo));
      case InvalidEvent(String code, String reason) -> refuse(candidate, code, reason);
      case Corrupted(LedgerHealth.Corrupted health) ->
          refuse(candidate, "corrupted", "this ledger does not verify: " + health.error());
    }
  }

  private void refuse(Candidate candidate, String code, String reason) {
    refusedCount++;
    if (refused.size() < MAX_LISTED) {
      refused.add(new Refusal(candidate.seqNo(), candidate.event().eventId(), code, reason));
    }
  }
}
