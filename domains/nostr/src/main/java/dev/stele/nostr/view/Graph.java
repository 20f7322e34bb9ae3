package dev.stele.nostr.view;

import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.TableReader;
import dev.stele.core.view.TableRow;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Who is how far from one owner, by follow lists (NIP-02): the graph around them, kept up to date
 * list by list.
 *
 * <pre>
 *   graph_follows   the newest list of every author
 *   graph_edges     target, depth of who names it, created_at of that list, who names it
 *                   └ of the owner, and of those nearer than the depth that is asked for
 *   graph_reach     whom these edges reach, and at which depth: 1 more than the nearest edge
 *   graph_nodes     the first {@link #MAX_NODES} of them, by depth and key
 * </pre>
 *
 * <p>A list that changes moves its author's edges; whoever lost or gained a nearest edge moves, and
 * their edges with them, round by round, until nobody moves any more. Where people name each other
 * in a circle that nobody names from outside any more, each round lets them drift one step further
 * out, and the depth ends it. The result is that of a breadth-first search over all lists.
 *
 * <p>The tables are of one owner and one depth: another owner builds the view again. Immutable.
 */
public final class Graph implements Part {
  /** The kind of events that hold a follow list. */
  public static final int KIND = 3;

  /** 4 steps: beyond them the graph is nearly everybody, and "near" says nothing. */
  public static final int MAX_DEPTH = 4;

  /** 2 steps: those whom the owner follows, and those whom they follow. */
  public static final int DEFAULT_DEPTH = 2;

  /** 200,000 nodes: a scope that no sync could ask its relays for; some 40 MB of rows. */
  public static final int MAX_NODES = 200_000;

  /**
   * Everybody who can be reached from the owner, but not the owner. {@code mutual} is 1 where the
   * node's own newest list names the owner; {@code last_seen} is the {@code created_at} of the
   * newest list by which it is at its depth.
   */
  public static final Table NODES =
      Table.named("graph_nodes")
          .text("root_pubkey")
          .text("pubkey")
          .integer("depth")
          .integer("mutual")
          .integer("last_seen")
          .key("root_pubkey", "pubkey")
          .index("graph_nodes_by_depth", "root_pubkey", "depth", "mutual")
          .build();

  /** The index of {@link #NODES} by root, depth and mutual. */
  public static final String BY_DEPTH = "graph_nodes_by_depth";

  static final Table FOLLOWS =
      Table.named("graph_follows")
          .bytes("author")
          .integer("created_at")
          .text("event_id")
          .bytes("follows")
          .key("author")
          .build();

  static final Table EDGES =
      Table.named("graph_edges")
          .bytes("target")
          .integer("depth")
          .integer("seen_at")
          .bytes("author")
          .key("target", "depth", "seen_at", "author")
          .build();

  static final Table REACH =
      Table.named("graph_reach")
          .bytes("target")
          .integer("depth")
          .key("target")
          .index("graph_reach_by_depth", "depth", "target")
          .build();

  /** One row, whose key is 1: how many are reached, and the last that is a node if not all are. */
  static final Table BOUND =
      Table.named("graph_bound")
          .integer("one")
          .integer("reached")
          .nullableInteger("depth")
          .nullableBytes("target")
          .key("one")
          .build();

  private static final String REACH_BY_DEPTH = "graph_reach_by_depth";
  private static final HexFormat HEX = HexFormat.of();
  private static final int KEY_BYTES = 32;

  /** Further away than any depth. */
  private static final long NOWHERE = Long.MAX_VALUE;

  private final String owner;
  private final byte[] root;
  private final int depth;
  private final long maxNodes;

  /**
   * One person of the graph.
   *
   * @param pubkey 64 hex digits
   * @param depth 1 for those whom the owner follows
   * @param mutual whether their newest list names the owner
   * @param lastSeen {@code created_at} of the newest list by which they are at that depth
   */
  public record Node(String pubkey, int depth, boolean mutual, long lastSeen) {}

  /**
   * The graph around an owner.
   *
   * @param owner 64 lower-case hex digits
   * @param depth 1 to {@link #MAX_DEPTH}
   * @throws IllegalArgumentException if one is out of its bounds
   */
  public Graph(String owner, int depth) {
    this(owner, depth, MAX_NODES);
  }

  Graph(String owner, int depth, int maxNodes) {
    if (!NostrEvent.isHash(owner)) {
      throw new IllegalArgumentException("an owner is 64 lower-case hex digits, not " + owner);
    }
    if (depth < 1 || depth > MAX_DEPTH) {
      throw new IllegalArgumentException("a depth is 1 to %d, not %d".formatted(MAX_DEPTH, depth));
    }
    this.owner = owner;
    this.root = HEX.parseHex(owner);
    this.depth = depth;
    this.maxNodes = maxNodes;
  }

  /** The owner and the depth. */
  @Override
  public String settings() {
    return "graph " + owner + " " + depth;
  }

  /** The nodes of a depth or less, by depth and key; in one list, so at most that many. */
  public static List<Node> within(TableReader tables, String owner, int depth) {
    List<Node> nodes = new ArrayList<>();
    for (int at = 1; at <= depth; at++) {
      List<Node> same = new ArrayList<>();
      tables.forEach(
          Scan.of(NODES).by(BY_DEPTH).prefix(owner, (long) at), row -> same.add(node(row)));
      same.sort(Comparator.comparing(Node::pubkey));
      nodes.addAll(same);
    }
    return nodes;
  }

  /** Those whom the owner follows and who follow the owner, by key. */
  public static List<Node> mutual(TableReader tables, String owner) {
    List<Node> nodes = new ArrayList<>();
    tables.forEach(Scan.of(NODES).by(BY_DEPTH).prefix(owner, 1L, 1L), row -> nodes.add(node(row)));
    return nodes;
  }

  private static Node node(TableRow row) {
    return new Node(
        row.text("pubkey"),
        (int) row.integer("depth"),
        row.integer("mutual") == 1,
        row.integer("last_seen"));
  }

  @Override
  public List<Table> tables() {
    return List.of(NODES, FOLLOWS, EDGES, REACH, BOUND);
  }

  @Override
  public void appears(NostrEvent event, long position, Tables tables) {
    if (event.kind() == KIND) {
      new Fold(tables).follow(event);
    }
  }

  @Override
  public void goes(NostrEvent event, long position, Tables tables) {
    if (event.kind() == KIND) {
      new Fold(tables).unfollow(event);
    }
  }

  /** Whom an event's list names: keys of 64 hex digits, each once, in order, 32 bytes each. */
  private static byte[] follows(NostrEvent event) {
    TreeSet<String> keys = new TreeSet<>();
    for (List<String> tag : event.tags()) {
      if (tag.size() > 1 && tag.getFirst().equals("p") && NostrEvent.isHash(tag.get(1))) {
        keys.add(tag.get(1));
      }
    }
    // Who follows themselves is no nearer to anybody.
    keys.remove(event.pubkey());
    ByteArrayOutputStream out = new ByteArrayOutputStream(keys.size() * KEY_BYTES);
    keys.forEach(key -> out.writeBytes(HEX.parseHex(key)));
    return out.toByteArray();
  }

  /** A list as it is kept. */
  private record Follows(long createdAt, String eventId, byte[] keys) {
    static final Follows NONE = new Follows(0, "", new byte[0]);

    static Follows of(TableRow row) {
      return new Follows(row.integer("created_at"), row.text("event_id"), row.bytes("follows"));
    }

    byte[] key(int index) {
      return Arrays.copyOfRange(keys, index * KEY_BYTES, (index + 1) * KEY_BYTES);
    }

    int size() {
      return keys.length / KEY_BYTES;
    }

    boolean names(byte[] key) {
      int low = 0;
      int high = size() - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        int at = middle * KEY_BYTES;
        int compared = Arrays.compareUnsigned(keys, at, at + KEY_BYTES, key, 0, KEY_BYTES);
        if (compared == 0) {
          return true;
        }
        if (compared < 0) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      return false;
    }
  }

  /** The end of the nodes in the order of depth and key. */
  private record Bound(long depth, byte[] target) {
    boolean holds(long otherDepth, byte[] other) {
      return otherDepth < depth
          || (otherDepth == depth && Arrays.compareUnsigned(other, target) <= 0);
    }
  }

  /** One list that changes. */
  private final class Fold {
    private final Tables tables;
    private TreeSet<byte[]> moved = new TreeSet<>(Arrays::compareUnsigned);
    private long reached;
    private long shown;
    private Optional<Bound> bound;

    Fold(Tables tables) {
      this.tables = tables;
      Optional<TableRow> row = tables.get(BOUND, 1L);
      reached = row.map(each -> each.integer("reached")).orElse(0L);
      shown = Math.min(reached, maxNodes);
      bound =
          row.filter(each -> !each.isNull("depth"))
              .map(each -> new Bound(each.integer("depth"), each.bytes("target")));
    }

    void follow(NostrEvent event) {
      byte[] author = HEX.parseHex(event.pubkey());
      Follows before = follows(author);
      if (!before.eventId().isEmpty()
          && Newest.isOlder(event, before.createdAt(), before.eventId())) {
        return;
      }
      Follows after = new Follows(event.createdAt(), event.id(), Graph.follows(event));
      tables.put(FOLLOWS, author, after.createdAt(), after.eventId(), after.keys());
      change(author, before, after);
    }

    void unfollow(NostrEvent event) {
      byte[] author = HEX.parseHex(event.pubkey());
      Follows before = follows(author);
      if (before.eventId().equals(event.id())) {
        tables.delete(FOLLOWS, author);
        change(author, before, Follows.NONE);
      }
    }

    private Follows follows(byte[] author) {
      return tables.get(FOLLOWS, author).map(Follows::of).orElse(Follows.NONE);
    }

    private void change(byte[] author, Follows before, Follows after) {
      long at = depthOf(author);
      unlink(author, before, at);
      link(author, after, at);
      // It may name the owner now, or no more.
      moved.add(author);
      settle();
      keepToTheBound();
      if (reached == 0) {
        tables.delete(BOUND, 1L);
      } else {
        tables.put(
            BOUND,
            1L,
            reached,
            bound.map(Bound::depth).orElse(null),
            bound.map(Bound::target).orElse(null));
      }
    }

    private long depthOf(byte[] author) {
      return Arrays.equals(author, root)
          ? 0
          : tables.get(REACH, author).map(row -> row.integer("depth")).orElse(NOWHERE);
    }

    private void unlink(byte[] author, Follows list, long at) {
      for (int i = 0; at < depth && i < list.size(); i++) {
        byte[] target = list.key(i);
        tables.delete(EDGES, target, at, list.createdAt(), author);
        moved.add(target);
      }
    }

    private void link(byte[] author, Follows list, long at) {
      for (int i = 0; at < depth && i < list.size(); i++) {
        byte[] target = list.key(i);
        tables.put(EDGES, target, at, list.createdAt(), author);
        moved.add(target);
      }
    }

    /** Moves whoever has another nearest edge than before, round by round. */
    private void settle() {
      while (!moved.isEmpty()) {
        TreeSet<byte[]> round = moved;
        moved = new TreeSet<>(Arrays::compareUnsigned);
        for (byte[] each : round) {
          if (!Arrays.equals(each, root)) {
            settle(each);
          }
        }
      }
    }

    private void settle(byte[] target) {
      List<TableRow> nearest = tables.page(Scan.of(EDGES).prefix((Object) target).limit(1));
      long before = depthOf(target);
      long after = nearest.isEmpty() ? NOWHERE : nearest.getFirst().integer("depth") + 1;
      Follows list = follows(target);
      if (before != after) {
        unlink(target, list, before);
        link(target, list, after);
        if (after == NOWHERE) {
          tables.delete(REACH, (Object) target);
        } else {
          tables.put(REACH, target, after);
        }
        reached += (after == NOWHERE ? 0 : 1) - (before == NOWHERE ? 0 : 1);
      }
      boolean wasNode = isNode(before, target);
      boolean isNode = isNode(after, target);
      if (isNode) {
        show(target, after, list);
      } else if (wasNode) {
        hide(target);
      }
      shown += (isNode ? 1 : 0) - (wasNode ? 1 : 0);
    }

    private boolean isNode(long at, byte[] target) {
      return at != NOWHERE && (bound.isEmpty() || bound.get().holds(at, target));
    }

    private void show(byte[] target, long at, Follows list) {
      TableRow newest =
          tables.page(Scan.of(EDGES).prefix(target, at - 1).backwards().limit(1)).getFirst();
      tables.put(
          NODES,
          owner,
          HEX.formatHex(target),
          at,
          list.names(root) ? 1L : 0L,
          newest.integer("seen_at"));
    }

    private void hide(byte[] target) {
      tables.delete(NODES, owner, HEX.formatHex(target));
    }

    /** Lets nodes go behind the bound, or come from there, until there are as many as may be. */
    private void keepToTheBound() {
      while (shown > maxNodes) {
        TableRow last = lastNode();
        hide(last.bytes("target"));
        shown--;
        bound = Optional.of(before(last));
      }
      while (shown < maxNodes && shown < reached) {
        Bound end = bound.orElseThrow();
        TableRow next =
            tables
                .page(Scan.of(REACH).by(REACH_BY_DEPTH).after(end.depth(), end.target()).limit(1))
                .getFirst();
        byte[] target = next.bytes("target");
        show(target, next.integer("depth"), follows(target));
        shown++;
        bound = Optional.of(new Bound(next.integer("depth"), target));
      }
      // As a function of who is reached: the last node, and none where everybody is one.
      bound =
          shown == reached
              ? Optional.empty()
              : Optional.of(lastNode())
                  .map(row -> new Bound(row.integer("depth"), row.bytes("target")));
    }

    private TableRow lastNode() {
      Scan all = Scan.of(REACH).by(REACH_BY_DEPTH);
      Scan upTo = bound.map(end -> all.to(end.depth(), end.target())).orElse(all);
      return tables.page(upTo.backwards().limit(1)).getFirst();
    }

    /** The one before a row, which is there: more nodes than may be are at least two. */
    private Bound before(TableRow row) {
      TableRow last =
          tables
              .page(
                  Scan.of(REACH)
                      .by(REACH_BY_DEPTH)
                      .before(row.integer("depth"), row.bytes("target"))
                      .backwards()
                      .limit(1))
              .getFirst();
      return new Bound(last.integer("depth"), last.bytes("target"));
    }
  }
}
