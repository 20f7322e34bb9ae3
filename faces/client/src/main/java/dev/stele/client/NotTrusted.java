package dev.stele.client;

/** Carries a {@link Distrust} from where it was found to where it becomes an answer. */
final class NotTrusted extends Exception {
  private final transient Distrust why;

  NotTrusted(Distrust why) {
    super(why.detail());
    this.why = why;
  }

  Distrust why() {
    return why;
  }
}
