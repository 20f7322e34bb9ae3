package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import java.nio.charset.StandardCharsets;

/** A talk with a server in which each answer is held against the published document. One thread. */
final class Talk {
  private final RunningServer server;
  private final Contract contract;

  Talk(RunningServer server, Contract contract) {
    this.server = server;
    this.contract = contract;
  }

  /** Asks as given; the body is JSON. */
  Answer ask(String method, String target, String body, String... headers) throws Exception {
    Answer answer = server.with(method, target, body, headers);
    contract.holds(method, target, answer);
    return answer;
  }

  Answer get(String target, String... headers) throws Exception {
    return good(server.get(target, headers), "GET", target);
  }

  Answer post(String target, String body, String... headers) throws Exception {
    return good(server.post(target, body, headers), "POST", target);
  }

  Answer post(String target, String type, byte[] body, String... headers) throws Exception {
    return good(server.post(target, type, body, headers), "POST", target);
  }

  private Answer good(Answer answer, String method, String target) {
    contract.holds(method, target, answer);
    assertThat(answer.status()).as("%s %s: %s", method, target, answer.text()).isBetween(200, 299);
    return answer;
  }

  /** Asks for something that is to be refused like this. */
  void refused(int status, String problem, String method, String target, String... body)
      throws Exception {
    Answer answer = ask(method, target, String.join("", body));
    assertThat(answer.status()).as("%s %s: %s", method, target, answer.text()).isEqualTo(status);
    assertThat(answer.problem()).as("%s %s", method, target).isEqualTo(problem);
  }

  /** Posts something of another type that is to be refused like this. */
  void refusedOf(String type, int status, String problem, String target, String body)
      throws Exception {
    Answer answer = server.post(target, type, body.getBytes(StandardCharsets.UTF_8));
    contract.holds("POST", target, answer);
    assertThat(answer.status()).as("%s: %s", target, answer.text()).isEqualTo(status);
    assertThat(answer.problem()).as(target).isEqualTo(problem);
  }
}
