package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.stele.server.RunningServer.Answer;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The published document, read more strictly than its readers have to: a member that it does not
 * have is a fault. Remembers what it has seen. One thread.
 */
final class Contract {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  /** A method of a path, as the document has them. */
  record Operation(String method, String path) implements Comparable<Operation> {
    @Override
    public int compareTo(Operation other) {
      return (path + " " + method).compareTo(other.path + " " + other.method);
    }
  }

  private final ObjectNode document;
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private final Map<String, Schema> schemas = new HashMap<>();
  private final Map<Operation, Set<Integer>> seen = new HashMap<>();

  private Contract(ObjectNode document) {
    this.document = document;
  }

  static Contract published() {
    try (InputStream in =
        Objects.requireNonNull(
            Contract.class.getResourceAsStream("/dev/stele/server/openapi.json"))) {
      ObjectNode document = (ObjectNode) MAPPER.readTree(in);
      close(document.path("components").path("schemas"));
      close(document.path("paths"));
      return new Contract(document);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Lets objects have the members that are named for them, and no other. */
  private static void close(JsonNode node) {
    if (node instanceof ObjectNode object) {
      if (object.path("properties").isObject() && !object.has("additionalProperties")) {
        object.put("additionalProperties", false);
      }
      object
          .propertyStream()
          .filter(each -> !each.getKey().equals("allOf"))
          .forEach(each -> close(each.getValue()));
    } else if (node instanceof ArrayNode array) {
      array.forEach(Contract::close);
    }
  }

  // ---- what it says ----

  Set<Operation> operations() {
    Set<Operation> operations = new TreeSet<>();
    document
        .path("paths")
        .propertyStream()
        .forEach(
            path ->
                path.getValue()
                    .propertyStream()
                    .forEach(
                        method ->
                            operations.add(
                                new Operation(
                                    method.getKey().toUpperCase(java.util.Locale.ROOT),
                                    path.getKey()))));
    return operations;
  }

  /** The parameters of an operation that stand in the query, in the path, in headers. */
  Set<String> parameters(Operation operation, String in) {
    Set<String> names = new TreeSet<>();
    node(operation)
        .path("parameters")
        .forEach(
            each -> {
              JsonNode parameter = resolved(each);
              if (parameter.path("in").asString().equals(in)) {
                names.add(parameter.path("name").asString());
              }
            });
    return names;
  }

  /** Each example of the document, with the schema it is an example of. */
  Map<String, List<String>> faultsOfExamples() {
    Map<String, List<String>> faults = new HashMap<>();
    document
        .path("components")
        .path("schemas")
        .propertyStream()
        .forEach(
            schema ->
                schema
                    .getValue()
                    .path("examples")
                    .forEach(
                        example ->
                            faults.put(
                                schema.getKey() + ": " + example,
                                faults(
                                    "#/components/schemas/" + schema.getKey(),
                                    example.toString()))));
    return faults;
  }

  /** Every reference in the document that leads nowhere. */
  List<String> danglingReferences() {
    List<String> dangling = new ArrayList<>();
    document
        .findValuesAsString("$ref")
        .forEach(
            reference -> {
              if (document.at(reference.substring(1)).isMissingNode()) {
                dangling.add(reference);
              }
            });
    return dangling;
  }

  private JsonNode node(Operation operation) {
    return document
        .path("paths")
        .path(operation.path())
        .path(operation.method().toLowerCase(java.util.Locale.ROOT));
  }

  private JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asString().substring(1)) : node;
  }

  // ---- holding answers against it ----

  /**
   * Holds an answer against what the document says of its operation and status.
   *
   * @param target the path and the query that were asked for, as they were sent
   */
  void holds(String method, String target, Answer answer) {
    String said = "%s %s: %d %s".formatted(method, target, answer.status(), answer.text());
    Optional<String> template = template(target.split("\\?", 2)[0]);
    if (template.isEmpty()) {
      assertThat(answer.status()).as(said).isIn(400, 403, 404);
      assertThat(faults("#/components/schemas/Problem", answer.text())).as(said).isEmpty();
      return;
    }
    Operation operation =
        new Operation(method.equals("HEAD") ? "GET" : method, template.orElseThrow());
    if (!operations().contains(operation)) {
      assertNotAllowed(operation, answer, said);
      return;
    }
    JsonNode response =
        resolved(node(operation).path("responses").path(String.valueOf(answer.status())));
    assertThat(response.isMissingNode()).as("not documented: %s", said).isFalse();
    seen.computeIfAbsent(operation, _ -> new TreeSet<>()).add(answer.status());
    String type = answer.header("Content-Type").split(";", 2)[0];
    JsonNode content = response.path("content").path(type);
    assertThat(content.isMissingNode())
        .as("the type %s is not documented: %s", type, said)
        .isFalse();
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    if (method.equals("HEAD") || !content.has("schema")) {
      return;
    }
    String body = type.endsWith("json") ? answer.text() : MAPPER.writeValueAsString(answer.text());
    assertThat(faults(content.path("schema"), body)).as(said).isEmpty();
  }

  private void assertNotAllowed(Operation operation, Answer answer, String said) {
    assertThat(answer.status()).as(said).isEqualTo(405);
    Set<String> allowed = new TreeSet<>();
    for (Operation each : operations()) {
      if (each.path().equals(operation.path())) {
        allowed.add(each.method());
      }
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    assertThat(answer.header("Allow")).as(said).isEqualTo(String.join(", ", allowed));
    assertThat(faults("#/components/schemas/Problem", answer.text())).as(said).isEmpty();
  }

  /** The operations that have answered so far, and with which statuses. */
  Map<Operation, Set<Integer>> seen() {
    return seen;
  }

  /** The path of the document that a path is one of: names come before places. */
  private Optional<String> template(String path) {
    List<String> segments = Route.segments(path);
    Optional<String> found = Optional.empty();
    int best = -1;
    for (Operation operation : operations()) {
      List<String> wanted = Route.segments(operation.path());
      boolean rest = operation.path().endsWith("/tile/{place}");
      if (rest ? segments.size() < wanted.size() : segments.size() != wanted.size()) {
        continue;
      }
      int names = 0;
      for (int i = 0; i < wanted.size(); i++) {
        boolean place = wanted.get(i).startsWith("{");
        boolean same = wanted.get(i).equals(segments.get(i));
        if (!same && (!place || segments.get(i).isEmpty())) {
          names = -1;
          break;
        }
        names += same ? 1 : 0;
      }
      if (names > best) {
        best = names;
        found = Optional.of(operation.path());
      }
    }
    return found;
  }

  /** What is wrong with a request's body, of the type that it was sent as. */
  List<String> faultsOfRequest(Operation operation, String type, String body) {
    return faults(
        node(operation).path("requestBody").path("content").path(type).path("schema"), body);
  }

  private List<String> faults(String reference, String json) {
    return faults(MAPPER.createObjectNode().put("$ref", reference), json);
  }

  private List<String> faults(JsonNode schema, String json) {
    Schema compiled =
        schemas.computeIfAbsent(
            schema.toString(),
            _ -> {
              // References lead to the components, so that these stand beside.
              ObjectNode whole = MAPPER.createObjectNode();
              whole.set("allOf", MAPPER.createArrayNode().add(schema));
              whole.set("components", document.path("components"));
              return registry.getSchema(whole);
            });
    List<String> faults = new ArrayList<>();
    compiled
        .validate(
            MAPPER.readTree(json),
            run -> run.executionConfig(config -> config.formatAssertionsEnabled(true)))
        .forEach(fault -> faults.add(fault.toString()));
    return faults;
  }
}
