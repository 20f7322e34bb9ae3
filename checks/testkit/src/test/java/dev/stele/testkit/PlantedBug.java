package dev.stele.testkit;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.IndexKey;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.event.EventRecord;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Disk;
import dev.stele.core.log.DiskFile;
import dev.stele.testkit.JournaledEngine.Entry;
import dev.stele.testkit.JournaledEngine.Habits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Mistakes that engines and anchors are known to make, each planted alone into a simulated log.
 *
 * <p>Not one of them is seen by an append or a read on a good day.
 */
enum PlantedBug {
  ACK_BEFORE_SYNC("a durable commit is acknowledged before its sync") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            @Override
            Durability settle(DiskFile journal, Durability asked) {
              return asked == Durability.DURABLE ? Durability.DURABLE : Durability.OS;
            }
          });
    }
  },
  SYNC_FORGOTTEN_NOW_AND_THEN("every seventh sync of the journal is forgotten") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            private int syncs;

            @Override
            Durability settle(DiskFile journal, Durability asked) throws IOException {
              return ++syncs % 7 == 0 ? asked : super.settle(journal, asked);
            }
          });
    }
  },
  FAILED_SYNC_IGNORED("a sync that failed is taken for one that succeeded") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            @Override
            Durability settle(DiskFile journal, Durability asked) {
              try {
                return super.settle(journal, asked);
              } catch (IOException ignored) {
                return asked;
              }
            }
          });
    }
  },
  FAILED_SYNC_TRIED_AGAIN("a sync that failed is tried again, and believed when it succeeds") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            @Override
            Durability settle(DiskFile journal, Durability asked) throws IOException {
              try {
                return super.settle(journal, asked);
              } catch (IOException ignored) {
                return super.settle(journal, asked);
              }
            }
          });
    }
  },
  DURABILITY_OVERSTATED("a commit that was left to the system is called durable") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            @Override
            Durability settle(DiskFile journal, Durability asked) throws IOException {
              var _ = super.settle(journal, asked);
              return Durability.DURABLE;
            }
          });
    }
  },
  TAIL_OF_BATCH_LOST("the last row of a batch is not written") {
    @Override
    Simulation.Parts parts() {
      return writing(
          batch ->
              batch.rows().size() < 2
                  ? batch
                  : new Batch(
                      batch.rows().subList(0, batch.rows().size() - 1),
                      batch.tiles(),
                      batch.checkpoint()));
    }
  },
  ROWS_SWAPPED("two rows of a batch change places") {
    @Override
    Simulation.Parts parts() {
      return writing(
          batch -> {
            if (batch.rows().size() < 2) {
              return batch;
            }
            List<Row> rows = new ArrayList<>(batch.rows());
            Row first = rows.get(0);
            Row second = rows.get(1);
            rows.set(0, at(first.position(), second));
            rows.set(1, at(second.position(), first));
            return new Batch(rows, batch.tiles(), batch.checkpoint());
          });
    }
  },
  TILES_NOT_WRITTEN_WHOLE("the second half of a tile is not written") {
    @Override
    Simulation.Parts parts() {
      return writing(
          batch ->
              new Batch(
                  batch.rows(),
                  batch.tiles().stream()
                      .map(
                          tile -> {
                            byte[] hashes = tile.hashes().clone();
                            java.util.Arrays.fill(
                                hashes, hashes.length / 2, hashes.length, (byte) 0);
                            return new Tile(tile.level(), tile.index(), hashes);
                          })
                      .toList(),
                  batch.checkpoint()));
    }
  },
  CHECKPOINT_WITHOUT_ITS_ROWS("a checkpoint is written, the rows of its commit are not") {
    @Override
    Simulation.Parts parts() {
      return writing(
          batch ->
              batch.checkpoint() == null
                  ? batch
                  : new Batch(List.of(), batch.tiles(), batch.checkpoint()));
    }
  },
  CHECKPOINT_NOT_WRITTEN("a checkpoint is published, but not kept in the log") {
    @Override
    Simulation.Parts parts() {
      return new Simulation.Parts() {
        @Override
        LogEngine engine(Disk disk, Path journal) {
          return new ForwardingEngine(super.engine(disk, journal)) {
            @Override
            public Optional<StoredCheckpoint> latestCheckpoint(LogId log) {
              return engine.checkpoints(log, 0, 1).stream().findFirst();
            }

            @Override
            public CommitResult commit(
                LogId log, Head expected, Batch batch, Durability durability) {
              boolean later = engine.latestCheckpoint(log).isPresent();
              Batch kept = later ? new Batch(batch.rows(), batch.tiles(), null) : batch;
              return engine.commit(log, expected, kept, durability);
            }
          };
        }
      };
    }
  },
  TORN_TAIL_TAKEN("the checksum of an entry is not compared") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            @Override
            boolean isWhole(byte[] stored, byte[] computed) {
              return true;
            }
          });
    }
  },
  REPLAY_STOPS_EARLY("the last entry of the journal is not replayed") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            @Override
            List<Entry> toReplay(List<Entry> whole) {
              return whole.subList(0, Math.max(0, whole.size() - 1));
            }
          });
    }
  },
  LAST_BATCH_REPLAYED_TWICE("the last entry of the journal is replayed twice") {
    @Override
    Simulation.Parts parts() {
      return habits(
          new Habits() {
            @Override
            List<Entry> toReplay(List<Entry> whole) {
              List<Entry> twice = new ArrayList<>(whole);
              whole.stream().skip(Math.max(0, whole.size() - 1)).forEach(twice::add);
              return twice;
            }
          });
    }
  },
  HEAD_NOT_COMPARED("a commit is not asked where it believes the log to end") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                @Override
                public CommitResult commit(
                    LogId log, Head expected, Batch batch, Durability durability) {
                  return super.commit(log, engine.head(log), batch, durability);
                }
              });
    }
  },
  CLAIMS_FORGOTTEN_AT_REOPENING("claims from before a reopening are not found") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                private final long opened = engine.head(LogId.MAIN).size();

                @Override
                public long find(LogId log, IndexKey claim) {
                  long found = super.find(log, claim);
                  return found <= opened ? 0 : found;
                }
              });
    }
  },
  FIRST_CLAIM_FOUND("the first event with a claim is found instead of the last") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                @Override
                public long find(LogId log, IndexKey claim) {
                  Map<IndexKey, Long> first = new HashMap<>();
                  engine.scanClaims(
                      log, entry -> first.merge(entry.key(), entry.position(), Math::min));
                  return first.getOrDefault(claim, 0L);
                }
              });
    }
  },
  INDEX_ONE_COMMIT_BEHIND("claims of the last commit are not found yet") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                private long indexed = Long.MAX_VALUE;

                @Override
                public long find(LogId log, IndexKey claim) {
                  long found = super.find(log, claim);
                  return found > indexed ? 0 : found;
                }

                @Override
                public CommitResult commit(
                    LogId log, Head expected, Batch batch, Durability durability) {
                  indexed = expected.size();
                  return super.commit(log, expected, batch, durability);
                }
              });
    }
  },
  EXPIRED_CLAIMS_DROPPED("claims that have expired leave the index") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                @Override
                public long scanClaims(LogId log, Consumer<IndexEntry> sink) {
                  long size = engine.head(log).size();
                  long now =
                      size == 0
                          ? 0
                          : EventRecord.recordedAtMillis(
                              engine.read(log, size - 1, 1).getFirst().record());
                  return super.scanClaims(
                      log,
                      entry -> {
                        if (expiry(engine, log, entry) > now) {
                          sink.accept(entry);
                        }
                      });
                }
              });
    }
  },
  STREAM_OFF_BY_ONE("the rows of a stream are read from one too far") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                @Override
                public List<Row> readStream(
                    LogId log, IndexKey stream, long afterRevision, int limit) {
                  return super.readStream(
                      log, stream, afterRevision == 0 ? 0 : afterRevision + 1, limit);
                }
              });
    }
  },
  REVISIONS_FORGOTTEN_AT_REOPENING("streams count from 1 again after a reopening") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                private final boolean reopened = engine.head(LogId.MAIN).size() > 0;

                @Override
                public long lastRevision(LogId log, IndexKey stream) {
                  return reopened ? 0 : super.lastRevision(log, stream);
                }
              });
    }
  },
  ROW_SKIPPED_AT_A_LIMIT("a page of rows begins one row too late") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                @Override
                public List<Row> read(LogId log, long after, int limit) {
                  return super.read(log, after > 0 && limit > 1 ? after + 1 : after, limit);
                }
              });
    }
  },
  BODY_LOST_AT_REOPENING("the body of a row is zeros after a reopening") {
    @Override
    Simulation.Parts parts() {
      return engine(
          engine ->
              new ForwardingEngine(engine) {
                private final long lost = engine.head(LogId.MAIN).size();

                @Override
                public List<Row> read(LogId log, long after, int limit) {
                  return super.read(log, after, limit).stream()
                      .map(row -> row.position() == lost ? withoutBody(row) : row)
                      .toList();
                }
              });
    }
  },
  ANCHOR_NOT_SYNCED("the anchor is written and not synced") {
    @Override
    Simulation.Parts parts() {
      return anchorFile(
          file ->
              new ForwardingDisk.ForwardingFile(file) {
                @Override
                public void sync() {
                  // Forgotten.
                }
              });
    }
  },
  ANCHOR_WRITTEN_IN_ONE_SLOT("both slots of the anchor are written to one place") {
    @Override
    Simulation.Parts parts() {
      return anchorFile(
          file ->
              new ForwardingDisk.ForwardingFile(file) {
                @Override
                public int write(ByteBuffer from, long at) throws IOException {
                  return super.write(from, from.remaining() > 4_096 ? at : at % 4_096);
                }
              });
    }
  },
  ANCHOR_RECORDS_LESS_OFTEN("every third checkpoint is not recorded in the anchor") {
    @Override
    Simulation.Parts parts() {
      return new Simulation.Parts() {
        private int records;

        @Override
        Anchor anchor(Disk disk, Path file) {
          Anchor anchor = super.anchor(disk, file);
          return new Anchor() {
            @Override
            public void take() {
              anchor.take();
            }

            @Override
            public Optional<byte[]> last() {
              return anchor.last();
            }

            @Override
            public void record(byte[] signedNote) {
              if (++records % 3 != 0) {
                anchor.record(signedNote);
              }
            }

            @Override
            public String describe() {
              return anchor.describe();
            }

            @Override
            public void close() {
              anchor.close();
            }
          };
        }
      };
    }
  },
  NAMES_NOT_SYNCED("folders are not synced after a rename") {
    @Override
    Simulation.Parts parts() {
      return new Simulation.Parts() {
        @Override
        Disk disk(SimulatedDisk disk) {
          return new ForwardingDisk(disk) {
            @Override
            public void syncFolder(Path folder) {
              // Forgotten.
            }
          };
        }
      };
    }
  };

  private final String mistake;

  PlantedBug(String mistake) {
    this.mistake = mistake;
  }

  /** What is done wrong, in a sentence. */
  String mistake() {
    return mistake;
  }

  /** The parts of a log with this mistake in them. */
  abstract Simulation.Parts parts();

  private static Simulation.Parts habits(Habits habits) {
    return new Simulation.Parts() {
      @Override
      LogEngine engine(Disk disk, Path journal) {
        return new JournaledEngine(disk, journal, habits);
      }
    };
  }

  private static Simulation.Parts writing(UnaryOperator<Batch> change) {
    return habits(
        new Habits() {
          @Override
          Entry toWrite(Entry entry) {
            return new Entry(
                entry.log(),
                entry.expected(),
                change.apply(entry.batch()),
                entry.erased(),
                entry.trimmedUpTo());
          }
        });
  }

  private static Simulation.Parts engine(Function<LogEngine, LogEngine> mistaken) {
    return new Simulation.Parts() {
      @Override
      LogEngine engine(Disk disk, Path journal) {
        return mistaken.apply(super.engine(disk, journal));
      }
    };
  }

  private static Simulation.Parts anchorFile(UnaryOperator<DiskFile> mistaken) {
    return new Simulation.Parts() {
      @Override
      Anchor anchor(Disk disk, Path file) {
        return super.anchor(
            new ForwardingDisk(disk) {
              @Override
              DiskFile seen(Path path, DiskFile opened) {
                return mistaken.apply(opened);
              }
            },
            file);
      }
    };
  }

  private static Row at(long position, Row row) {
    return new Row(position, row.link(), row.record(), row.body(), row.keys());
  }

  private static Row withoutBody(Row row) {
    byte[] body = row.body();
    return new Row(
        row.position(),
        row.link(),
        row.record(),
        body == null ? null : new byte[body.length],
        row.keys());
  }

  private static long expiry(LogEngine engine, LogId log, IndexEntry entry) {
    Row row = engine.read(log, entry.position() - 1, 1).getFirst();
    for (int number = 0; number * Row.KEY_BYTES < row.keys().length; number++) {
      if (IndexKey.of(row.keys(), number * Row.KEY_BYTES).equals(entry.key())) {
        return EventRecord.claimExpiresAtMillis(row.record(), number);
      }
    }
    return Long.MAX_VALUE;
  }
}
