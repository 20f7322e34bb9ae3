package dev.stele.bench;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.EntryBundle;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.proof.VerifierKey;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.ledger.event.KeyAct;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.nostr.event.Bolt11;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.Npub;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.event.ParsedNpub;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.ParsedFilter;
import dev.stele.nostr.negentropy.Initiator;
import dev.stele.nostr.negentropy.ItemTree;
import dev.stele.nostr.negentropy.Responder;
import dev.stele.nostr.relay.RelaySession;
import dev.stele.testkit.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Everything that reads bytes from outside, each behind one door for a fuzzer.
 *
 * <p>Whatever the bytes, a reader answers with a value or with its typed refusal and throws
 * nothing; and what it takes it writes back as it was, where its format has one way of writing.
 */
enum ParserFuzz {
  NOTE {
    @Override
    void read(byte[] in) {
      if (SignedNote.parse(in) instanceof Parsed.Value<SignedNote>(SignedNote note)) {
        same(in, note.bytes());
      }
    }
  },
  CHECKPOINT {
    @Override
    void read(byte[] in) {
      String text = text(in);
      if (Checkpoint.parse(text) instanceof Parsed.Value<Checkpoint>(Checkpoint checkpoint)) {
        same(bytes(text), bytes(checkpoint.text()));
      }
    }
  },
  VKEY {
    @Override
    void read(byte[] in) {
      String text = text(in);
      if (VerifierKey.parse(text) instanceof Parsed.Value<VerifierKey>(VerifierKey key)) {
        same(bytes(text), bytes(key.text()));
      }
    }
  },
  PROOF {
    @Override
    void read(byte[] in) {
      if (TlogProof.parse(in) instanceof Parsed.Value<TlogProof>(TlogProof proof)) {
        same(in, proof.bytes());
      }
    }
  },
  BUNDLE {
    @Override
    void read(byte[] in) {
      if (EntryBundle.decode(in) instanceof Parsed.Value<List<byte[]>>(List<byte[]> entries)) {
        same(in, EntryBundle.encode(entries));
      }
    }
  },
  ANCHOR {
    @Override
    void read(byte[] in) {
      Path file = Path.of("/simulated/log.anchor");
      SimulatedDisk disk = new SimulatedDisk(Path.of("/simulated"), 0);
      try (DiskFile made = disk.create(file, Disk.Readers.ANYBODY)) {
        made.writeFully(in, 0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      FileAnchor anchor = new FileAnchor(file, disk);
      try {
        byte[] last = anchor.last().orElseThrow();
        byte[] next = Arrays.copyOf(last, Math.min(last.length + 1, 4_036));
        anchor.record(next);
        same(next, new FileAnchor(file, disk).last().orElseThrow());
      } catch (StorageFailed refused) {
        var _ = anchor.damage();
      }
    }
  },
  NOSTR_EVENT {
    @Override
    void read(byte[] in) {
      if (EventJson.parse(in) instanceof ParsedEvent.Wellformed(var event)) {
        byte[] written = EventJson.write(event);
        if (EventJson.parse(written) instanceof ParsedEvent.Wellformed(var again)) {
          same(written, EventJson.write(again));
        } else {
          throw new AssertionError("an event is not read back");
        }
      }
    }
  },
  NOSTR_FRAMES {
    @Override
    void read(byte[] in) {
      RelaySession session = FuzzedRelay.connect();
      for (String frame : text(in).split("\n", -1)) {
        session.receive(frame).forEach(FuzzedRelay::requireFrame);
      }
      for (List<String> more = session.next(); !more.isEmpty(); more = session.next()) {
        more.forEach(FuzzedRelay::requireFrame);
      }
      session.close();
    }
  },
  NOSTR_FILTER {
    @Override
    void read(byte[] in) {
      if (FilterJson.parse(text(in)) instanceof ParsedFilter.Wellformed(var filter)) {
        String written = FilterJson.write(filter);
        if (FilterJson.parse(written) instanceof ParsedFilter.Wellformed(var again)) {
          if (!again.equals(filter)) {
            throw new AssertionError("a filter is read back as another");
          }
        } else {
          throw new AssertionError("a filter is not read back");
        }
      }
    }
  },
  NEGENTROPY {
    @Override
    void read(byte[] in) {
      ItemTree items = FuzzedRelay.ITEMS;
      switch (Responder.of(items, SHORTEST_MESSAGES_BYTES).answer(in)) {
        case Responder.Message(byte[] answer) -> isShort(answer);
        case Responder.Refused _ -> {}
      }
      switch (Initiator.of(items, SHORTEST_MESSAGES_BYTES).receive(in)) {
        case Initiator.Next(byte[] next, var _, var _) -> isShort(next);
        case Initiator.Done _, Initiator.Failed _ -> {}
      }
    }

    private void isShort(byte[] message) {
      if (message.length == 0 || message.length > SHORTEST_MESSAGES_BYTES) {
        throw new AssertionError("a message of %d bytes".formatted(message.length));
      }
    }
  },
  NPUB {
    @Override
    void read(byte[] in) {
      if (Npub.parse(text(in)) instanceof ParsedNpub.Wellformed(Npub read)
          && !Npub.parse(read.encode()).equals(new ParsedNpub.Wellformed(read))) {
        throw new AssertionError("what was read is read back as another");
      }
    }
  },
  BOLT11 {
    @Override
    void read(byte[] in) {
      String invoice = text(in);
      String canonical = Bolt11.canonical(invoice);
      if (!Bolt11.canonical(canonical).equals(canonical)
          || (Bolt11.parse(invoice).isPresent()
              && !Bolt11.parse(invoice).equals(Bolt11.parse(canonical)))) {
        throw new AssertionError("an invoice is another one in its one way of writing");
      }
    }
  },
  ENVELOPE {
    @Override
    void read(byte[] in) {
      for (ReadingRules rules : ReadingRules.values()) {
        if (EnvelopeReader.read(in, rules)
            instanceof Parsed.Value<SignedEnvelope>(SignedEnvelope envelope)) {
          byte[] written = envelope.wire();
          SignedEnvelope again = EnvelopeReader.read(written, rules).orThrow();
          same(written, again.wire());
          same(envelope.canonicalHeader(), again.canonicalHeader());
          same(envelope.canonicalPayload(), again.canonicalPayload());
        }
      }
    }
  },
  LEDGER_EVENT {
    @Override
    void read(byte[] in) {
      if (SignedEvent.decode(in) instanceof Parsed.Value<SignedEvent>(SignedEvent event)) {
        same(in, event.encode());
      }
    }
  },
  KEY_ACT {
    @Override
    void read(byte[] in) {
      String text = text(in);
      if (KeyAct.parse(text) instanceof Parsed.Value<KeyAct>(KeyAct act)) {
        same(bytes(text), bytes(act.text()));
      }
    }
  };

  /** The shortest that either side may be told to keep to. */
  private static final int SHORTEST_MESSAGES_BYTES = 4_096;

  /** Reads one input; an exception or an error is a finding. */
  abstract void read(byte[] in);

  /** Where the fuzzer comes in: {@code stele.fuzz} names the reader. */
  public static void fuzzerTestOneInput(byte[] in) {
    valueOf(System.getProperty("stele.fuzz", "NOTE")).read(in);
  }

  /** The name of the reader's corpus. */
  String corpus() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String text(byte[] in) {
    return new String(in, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void same(byte[] read, byte[] written) {
    if (!Arrays.equals(read, written)) {
      throw new AssertionError("what was read is written otherwise");
    }
  }
}
