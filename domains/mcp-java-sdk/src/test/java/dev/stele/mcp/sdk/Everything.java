package dev.stele.mcp.sdk;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncCompletionSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncPromptSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceTemplateSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.AudioContent;
import io.modelcontextprotocol.spec.McpSchema.BlobResourceContents;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.Content;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.EmbeddedResource;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.LoggingMessageNotification;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.PromptArgument;
import io.modelcontextprotocol.spec.McpSchema.PromptMessage;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceContents;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.SamplingMessage;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;

/**
 * A server of the official Java SDK with everything that the conformance suite of MCP asks for, and
 * what the tests of resumption need besides.
 */
final class Everything {
  private static final String EMPTY_SCHEMA = "{\"type\":\"object\",\"properties\":{}}";

  /** One red pixel. */
  private static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

  /** A header and no sound. */
  private static final String WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

  private static final Duration SHORT = Duration.ofMillis(50);

  private static final Map<String, Semaphore> STEPS = new ConcurrentHashMap<>();

  private Everything() {}

  /** What the tool of this key waits for: one permit a line, and one for its answer. */
  static Semaphore steps(String key) {
    return STEPS.computeIfAbsent(key, _ -> new Semaphore(0));
  }

  /** A server over a transport, which answers from then on. */
  static McpSyncServer over(ResumableTransport transport) {
    return McpServer.sync(transport)
        .serverInfo("stele-everything", "1")
        // A client that is asked, and was killed, is not waited for.
        .requestTimeout(Duration.ofSeconds(20))
        .capabilities(
            ServerCapabilities.builder()
                .tools(true)
                .resources(true, true)
                .prompts(true)
                .logging()
                .completions()
                .build())
        .tools(tools())
        .tools(resumption(transport))
        .resources(resources())
        .resourceTemplates(
            new SyncResourceTemplateSpecification(
                ResourceTemplate.builder("test://template/{id}/data", "template")
                    .description("Data by its id")
                    .mimeType("application/json")
                    .build(),
                (_, request) -> {
                  String id = request.uri().replaceAll("^test://template/|/data$", "");
                  return read(
                      contents(
                          request.uri(),
                          "application/json",
                          "{\"id\":\"%s\",\"templateTest\":true,\"data\":\"Data for ID: %s\"}"
                              .formatted(id, id)));
                }))
        .prompts(prompts())
        .completions(
            new SyncCompletionSpecification(
                new PromptReference("test_prompt_with_arguments"),
                (_, _) ->
                    new CompleteResult(
                        new CompleteResult.CompleteCompletion(List.of("paris"), 1, false))))
        .build();
  }

  // ---- tools ----

  private static List<SyncToolSpecification> tools() {
    return List.of(
        says("test_simple_text", said("This is a simple text response for testing.")),
        says("test_image_content", png()),
        says("test_audio_content", AudioContent.builder(WAV, "audio/wav").build()),
        says(
            "test_embedded_resource",
            embedded(
                contents(
                    "test://embedded-resource",
                    "text/plain",
                    "This is an embedded resource content."))),
        says(
            "test_multiple_content_types",
            said("Multiple content types test:"),
            png(),
            embedded(
                contents(
                    "test://mixed-content-resource",
                    "application/json",
                    "{\"test\":\"data\",\"value\":123}"))),
        tool(
            "test_tool_with_logging",
            EMPTY_SCHEMA,
            (exchange, _) -> {
              for (String line :
                  List.of(
                      "Tool execution started",
                      "Tool processing data",
                      "Tool execution completed")) {
                log(exchange, line);
                pause(SHORT);
              }
              return text("Logging done.");
            }),
        tool(
            "test_error_handling",
            EMPTY_SCHEMA,
            (_, _) ->
                CallToolResult.builder()
                    .addTextContent("This tool intentionally returns an error for testing")
                    .isError(true)
                    .build()),
        tool(
            "test_tool_with_progress",
            EMPTY_SCHEMA,
            (exchange, request) -> {
              Object token = request.meta() == null ? null : request.meta().get("progressToken");
              if (token != null) {
                for (double progress : new double[] {0, 50, 100}) {
                  exchange.progressNotification(
                      ProgressNotification.builder(token, progress).total(100.0).build());
                  pause(SHORT);
                }
              }
              return text(String.valueOf(token));
            }),
        tool(
            "test_sampling",
            schema("prompt"),
            (exchange, request) -> {
              SamplingMessage prompt =
                  new SamplingMessage(Role.USER, said(argument(request, "prompt")));
              var answer =
                  exchange.createMessage(
                      CreateMessageRequest.builder(List.of(prompt), 100).build());
              return text("LLM response: " + ((TextContent) answer.content()).text());
            }),
        tool(
            "test_elicitation",
            schema("message"),
            (exchange, request) ->
                text(
                    "User response: "
                        + elicit(
                            exchange,
                            argument(request, "message"),
                            """
                            {"type":"object","properties":{
                              "username":{"type":"string","description":"A name"},
                              "email":{"type":"string","description":"An address"}},
                              "required":["username","email"]}\
                            """))),
        tool(
            "test_elicitation_sep1034_defaults",
            EMPTY_SCHEMA,
            (exchange, _) ->
                text(
                    "Elicitation completed: "
                        + elicit(
                            exchange,
                            "Defaults",
                            """
                            {"type":"object","properties":{
                              "name":{"type":"string","default":"John Doe"},
                              "age":{"type":"integer","default":30},
                              "score":{"type":"number","default":95.5},
                              "status":{"type":"string","enum":["active","inactive","pending"],
                                "default":"active"},
                              "verified":{"type":"boolean","default":true}},
                              "required":[]}\
                            """))),
        tool(
            "test_elicitation_sep1330_enums",
            EMPTY_SCHEMA,
            (exchange, _) ->
                text(
                    "Elicitation completed: "
                        + elicit(
                            exchange,
                            "Enums",
                            """
                            {"type":"object","properties":{
                              "untitledSingle":{"type":"string",
                                "enum":["option1","option2","option3"]},
                              "titledSingle":{"type":"string","oneOf":[
                                {"const":"value1","title":"One"},{"const":"value2","title":"Two"}]},
                              "legacyEnum":{"type":"string","enum":["opt1","opt2"],
                                "enumNames":["One","Two"]},
                              "untitledMulti":{"type":"array","items":{"type":"string",
                                "enum":["option1","option2","option3"]}},
                              "titledMulti":{"type":"array","items":{"anyOf":[
                                {"const":"value1","title":"One"},
                                {"const":"value2","title":"Two"}]}}},
                              "required":[]}\
                            """))),
        tool(
            "json_schema_2020_12_tool",
            """
            {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
             "$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{
               "street":{"type":"string"},"city":{"type":"string"}}}},
             "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
               "contactMethod":{"type":"string","enum":["phone","email"]},
               "phone":{"type":"string"},"email":{"type":"string"}},
             "allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
             "if":{"properties":{"contactMethod":{"const":"phone"}},
               "required":["contactMethod"]},
             "then":{"required":["phone"]},"else":{"required":["email"]},
             "additionalProperties":false}\
            """,
            (_, _) -> text("ok")));
  }

  private static List<SyncToolSpecification> resumption(ResumableTransport transport) {
    return List.of(
        tool(
            "test_reconnection",
            EMPTY_SCHEMA,
            (exchange, _) -> {
              boolean _ =
                  StreamControl.of(exchange.transportContext())
                      .map(StreamControl::endConnection)
                      .orElse(false);
              pause(SHORT.multipliedBy(2));
              return text("Reconnection test completed successfully.");
            }),
        // COUNT log lines with a pause after each, then the answer.
        tool(
            "count",
            "{\"type\":\"object\",\"properties\":{\"to\":{\"type\":\"integer\"},\"pause\":{\"type\":\"integer\"}}}",
            (exchange, request) -> {
              int to = number(request, "to");
              for (int i = 1; i <= to; i++) {
                log(exchange, String.valueOf(i));
                pause(Duration.ofMillis(number(request, "pause")));
              }
              return text("counted to " + to);
            }),
        // The same, each line when the test says so.
        tool(
            "steps",
            "{\"type\":\"object\",\"properties\":{\"to\":{\"type\":\"integer\"},\"key\":{\"type\":\"string\"}}}",
            (exchange, request) -> {
              Semaphore steps = steps(argument(request, "key"));
              for (int i = 1; i <= number(request, "to"); i++) {
                steps.acquireUninterruptibly();
                log(exchange, String.valueOf(i));
              }
              steps.acquireUninterruptibly();
              return text("stepped");
            }),
        // Ends its connection between two lines.
        tool(
            "poll",
            EMPTY_SCHEMA,
            (exchange, _) -> {
              log(exchange, "before");
              boolean ended =
                  StreamControl.of(exchange.transportContext())
                      .map(control -> control.endConnection(Duration.ofMillis(7)))
                      .orElse(false);
              steps("poll").acquireUninterruptibly();
              log(exchange, "after");
              return text("ended " + ended);
            }),
        // The same as count, on the stream of GET, to everybody.
        tool(
            "announce",
            "{\"type\":\"object\",\"properties\":{\"from\":{\"type\":\"integer\"},\"to\":{\"type\":\"integer\"}}}",
            (_, request) -> {
              for (int i = number(request, "from"); i <= number(request, "to"); i++) {
                transport
                    .notifyClients(
                        "notifications/message", Map.of("level", "info", "data", "news " + i))
                    .block();
              }
              return text("announced");
            }),
        tool(
            "whoami",
            EMPTY_SCHEMA,
            (exchange, _) -> text(String.valueOf(exchange.transportContext().get("who")))));
  }

  private static SyncToolSpecification says(String name, Content... content) {
    return tool(
        name, EMPTY_SCHEMA, (_, _) -> CallToolResult.builder().content(List.of(content)).build());
  }

  private static SyncToolSpecification tool(
      String name,
      String schema,
      BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> handler) {
    return SyncToolSpecification.builder()
        .tool(
            Tool.builder(name, McpJsonDefaults.getMapper(), schema)
                .description("For tests: " + name)
                .build())
        .callHandler(handler)
        .build();
  }

  private static String schema(String required) {
    return "{\"type\":\"object\",\"properties\":{\"%s\":{\"type\":\"string\"}},\"required\":[\"%s\"]}"
        .formatted(required, required);
  }

  private static String argument(CallToolRequest request, String name) {
    return String.valueOf(request.arguments().get(name));
  }

  private static int number(CallToolRequest request, String name) {
    return ((Number) request.arguments().getOrDefault(name, 0)).intValue();
  }

  private static TextContent said(String text) {
    return TextContent.builder(text).build();
  }

  private static ImageContent png() {
    return ImageContent.builder(PNG, "image/png").build();
  }

  private static EmbeddedResource embedded(ResourceContents contents) {
    return EmbeddedResource.builder(contents).build();
  }

  private static TextResourceContents contents(String uri, String type, String text) {
    return TextResourceContents.builder(uri, text).mimeType(type).build();
  }

  private static PromptArgument required(String name, String description) {
    return PromptArgument.builder(name).description(description).required(true).build();
  }

  private static CallToolResult text(String text) {
    return CallToolResult.builder().addTextContent(text).build();
  }

  private static void log(McpSyncServerExchange exchange, String line) {
    exchange.loggingNotification(
        LoggingMessageNotification.builder(LoggingLevel.INFO, line).build());
  }

  @SuppressWarnings("unchecked")
  private static String elicit(McpSyncServerExchange exchange, String message, String schema) {
    try {
      Map<String, Object> map = McpJsonDefaults.getMapper().readValue(schema, Map.class);
      ElicitResult result =
          exchange.createElicitation(ElicitFormRequest.builder(message, map).build());
      return "action=" + result.action() + ", content=" + result.content();
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a tool does that takes time. */
  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(
          Math.max(1, Math.min(end - System.nanoTime(), TimeUnit.SECONDS.toNanos(1))));
    }
  }

  // ---- resources and prompts ----

  private static List<SyncResourceSpecification> resources() {
    return List.of(
        resource(
            "test://static-text",
            "text/plain",
            contents(
                "test://static-text",
                "text/plain",
                "This is the content of the static text resource.")),
        resource(
            "test://static-binary",
            "image/png",
            BlobResourceContents.builder("test://static-binary", PNG)
                .mimeType("image/png")
                .build()),
        resource(
            "test://watched-resource",
            "text/plain",
            contents("test://watched-resource", "text/plain", "Watched.")));
  }

  private static SyncResourceSpecification resource(
      String uri, String type, ResourceContents contents) {
    return new SyncResourceSpecification(
        Resource.builder(uri, uri.substring(uri.lastIndexOf('/') + 1))
            .description("For tests: " + uri)
            .mimeType(type)
            .build(),
        (_, _) -> read(contents));
  }

  private static ReadResourceResult read(ResourceContents contents) {
    return ReadResourceResult.builder(List.of(contents)).build();
  }

  private static List<SyncPromptSpecification> prompts() {
    return List.of(
        prompt(
            "test_simple_prompt",
            List.of(),
            _ -> List.of(said("This is a simple prompt for testing."))),
        prompt(
            "test_prompt_with_arguments",
            List.of(required("arg1", "The first"), required("arg2", "The second")),
            request ->
                List.of(
                    said(
                        "Prompt with arguments: arg1='%s', arg2='%s'"
                            .formatted(
                                request.arguments().get("arg1"),
                                request.arguments().get("arg2"))))),
        prompt(
            "test_prompt_with_embedded_resource",
            List.of(required("resourceUri", "Which")),
            request ->
                List.of(
                    embedded(
                        contents(
                            String.valueOf(request.arguments().get("resourceUri")),
                            "text/plain",
                            "Embedded resource content for testing.")),
                    said("Please process the embedded resource above."))),
        prompt(
            "test_prompt_with_image",
            List.of(),
            _ -> List.of(png(), said("Please analyze the image above."))));
  }

  private interface Parts {
    List<? extends Content> of(GetPromptRequest request);
  }

  private static SyncPromptSpecification prompt(
      String name, List<PromptArgument> arguments, Parts parts) {
    return new SyncPromptSpecification(
        Prompt.builder(name).description("For tests: " + name).arguments(arguments).build(),
        (_, request) ->
            GetPromptResult.builder(
                    parts.of(request).stream()
                        .map(part -> PromptMessage.builder(Role.USER, part).build())
                        .toList())
                .description(name)
                .build());
  }
}
