package dev.stele.core.gate;

import dev.stele.core.event.EventDraft;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.VerifierKey;
import java.time.Instant;
import java.util.List;

/** Admits the log's own receipts: notes that the log's key has signed, to the log's own stream. */
public final class ReceiptGate implements Gate<byte[]> {
  private static final GateId ID = new GateId("stele-receipt", 1);

  private final VerifierKey key;

  /** A gate for the log with this public key. */
  public ReceiptGate(VerifierKey key) {
    this.key = key;
  }

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.LOG;
  }

  @Override
  public Admission judge(byte[] note, Instant now) {
    return switch (Receipt.open(note, key)) {
      case Parsed.Malformed<Receipt>(String reason) -> new Rejected("bad-receipt", reason);
      case Parsed.Value<Receipt>(Receipt receipt) ->
          new Admitted(ID, new EventDraft(Receipt.STREAM, receipt.type(), "", note, List.of(), ""));
    };
  }
}
