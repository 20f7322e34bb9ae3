package dev.stele.server.auth;

/** What came of asking who a request is from. */
public sealed interface Authentication {
  /**
   * The request is from this principal; what it may do is asked of its roles.
   *
   * @param principal anonymous where no credential was brought
   */
  record Recognised(Principal principal) implements Authentication {}

  /**
   * A credential was brought and is not good.
   *
   * @param reason why, as a phrase for a human, without the credential
   */
  record Refused(String reason) implements Authentication {}
}
