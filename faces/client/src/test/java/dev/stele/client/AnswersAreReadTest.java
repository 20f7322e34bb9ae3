package dev.stele.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnswersAreReadTest {
  private static final String STREAM =
      ": hello\r\n\r\nid: 1\ndata: {\"a\":1}\n\nevent: caught-up\r\ndata:{\r\ndata: }\r\n\r\r"
          + "data\n\nretry: 5\n\nid: 2\ndata: é\n\ndata: not ended\n";

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static JsonObject json(String text) throws JsonObject.Unfit {
    return JsonObject.parse(utf8(text));
  }

  private static List<String> frames(List<byte[]> chunks) throws SseFrames.TooLong {
    SseFrames frames = new SseFrames();
    List<String> found = new ArrayList<>();
    for (byte[] chunk : chunks) {
      frames.add(ByteBuffer.wrap(chunk));
      for (Optional<SseFrames.Frame> frame = frames.next();
          frame.isPresent();
          frame = frames.next()) {
        found.add(
            frame.get().event() + " " + new String(frame.get().data(), StandardCharsets.UTF_8));
      }
    }
    return found;
  }

  @Test
  void frames_are_the_same_however_their_bytes_arrive() throws Exception {
    List<String> expected = List.of("message {\"a\":1}", "caught-up {\n}", "message ", "message é");
    byte[] whole = utf8(STREAM);
    assertThat(frames(List.of(whole))).isEqualTo(expected);
    for (int first = 0; first <= whole.length; first++) {
      for (int second = first; second <= whole.length; second++) {
        List<byte[]> chunks =
            List.of(
                Arrays.copyOfRange(whole, 0, first),
                Arrays.copyOfRange(whole, first, second),
                Arrays.copyOfRange(whole, second, whole.length));
        assertThat(frames(chunks)).as("%d, %d", first, second).isEqualTo(expected);
      }
    }
  }

  @Test
  void a_frame_has_a_bound() throws Exception {
    SseFrames frames = new SseFrames();
    ByteBuffer most = ByteBuffer.allocate(Requests.MAX_ANSWER_BYTES);
    frames.add(most);
    assertThatThrownBy(() -> frames.add(ByteBuffer.allocate(1)))
        .isInstanceOf(SseFrames.TooLong.class);
  }

  @Test
  void members_are_found_by_name_and_type() throws Exception {
    JsonObject json =
        json("{\"t\":\"x\",\"n\":7,\"b\":true,\"z\":null,\"l\":[{\"n\":1}],\"h\":[\"00ff\"]}");
    assertThat(json.text("t")).isEqualTo("x");
    assertThat(json.count("n")).isEqualTo(7);
    assertThat(json.truth("b")).isTrue();
    assertThat(json.optionalText("z")).isEmpty();
    assertThat(json.optionalText("none")).isEmpty();
    assertThat(json.objects("l").getFirst().count("n")).isEqualTo(1);
    assertThat(json.hashes("h").getFirst()).containsExactly(0, -1);
  }

  @Test
  void what_could_be_read_two_ways_is_refused() {
    for (String text :
        List.of(
            "",
            "[]",
            "7",
            "{\"a\":1,\"a\":2}",
            "{} {}",
            "{\"a\":01}",
            "{\"a\":1,}",
            "{'a':1}",
            "{\"a\":NaN}",
            "{\"a\":\"\u0001\"}",
            "{\"a\"")) {
      assertThatThrownBy(() -> json(text)).as(text).isInstanceOf(JsonObject.Unfit.class);
    }
    assertThatThrownBy(() -> json("{\"a\":".repeat(65) + "1" + "}".repeat(65)))
        .isInstanceOf(JsonObject.Unfit.class);
    assertThatThrownBy(
            () -> JsonObject.parse(new byte[] {'{', '"', (byte) 0xc0, '"', ':', '1', '}'}))
        .isInstanceOf(JsonObject.Unfit.class);
  }

  @Test
  void a_number_is_whole_and_not_negative_and_fits() throws Exception {
    assertThat(json("{\"n\":9223372036854775807}").count("n")).isEqualTo(Long.MAX_VALUE);
    for (String number : List.of("-1", "1.0", "1e3", "9223372036854775808", "\"1\"", "null")) {
      assertThatThrownBy(() -> json("{\"n\":" + number + "}").count("n"))
          .as(number)
          .isInstanceOf(JsonObject.Unfit.class);
    }
  }

  @Test
  void a_problem_is_read_from_whatever_came() {
    assertThat(
            Problem.of(
                409,
                JsonObject.parseOrEmpty(
                    utf8("{\"type\":\"urn:stele:problem:conflict\",\"detail\":\"d\"}"))))
        .isEqualTo(new Problem("conflict", 409, "d"));
    assertThat(Problem.of(502, JsonObject.parseOrEmpty(utf8("<html>"))))
        .isEqualTo(new Problem("http-502", 502, ""));
  }
}
