package dev.stele.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.NoSuchAlgorithmException;
import java.security.Security;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The native library is used where it loads, and the system property overrules. */
class ProviderChoiceTest {
  private static final ProviderChoice.Library<String> NATIVE =
      new ProviderChoice.Library<>("Fast", () -> "fast");
  private static final ProviderChoice.Library<String> MISSING =
      new ProviderChoice.Library<>(
          "Fast",
          () -> {
            throw new NoClassDefFoundError("fr/example/Fast");
          });
  private static final ProviderChoice.Library<String> BROKEN =
      new ProviderChoice.Library<>(
          "Fast",
          () -> {
            throw new NoSuchAlgorithmException("no such curve");
          });
  private static final ProviderChoice.Library<String> PORTABLE =
      new ProviderChoice.Library<>("Slow", () -> "slow");

  @Test
  void the_native_one_comes_first() {
    ProviderChoice<String> choice = choose(null, NATIVE);
    assertThat(choice.provider()).isEqualTo("fast");
    assertThat(choice.nativeCode()).isTrue();
    assertThat(choice.failure()).isEmpty();
  }

  @Test
  void the_portable_one_steps_in_and_the_reason_is_kept() {
    for (ProviderChoice.Library<String> failing : List.of(MISSING, BROKEN)) {
      ProviderChoice<String> choice = choose(null, failing);
      assertThat(choice.provider()).isEqualTo("slow");
      assertThat(choice.nativeCode()).isFalse();
      assertThat(choice.failure().orElseThrow()).contains("Fast did not load");
    }
  }

  @Test
  void portable_leaves_the_native_one_alone() {
    assertThat(choose("portable", NATIVE).provider()).isEqualTo("slow");
  }

  @Test
  void native_fails_at_the_first_use_and_says_why() {
    ProviderChoice<String> choice = choose("native", MISSING);
    assertThat(choice.name()).isEqualTo("none");
    assertThat(choice.nativeCode()).isFalse();
    assertThatThrownBy(choice::provider)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stele.crypto")
        .hasMessageContaining("Fast did not load")
        .hasMessageContaining("fr/example/Fast");
  }

  @Test
  void another_word_fails_at_the_first_use_and_is_named() {
    ProviderChoice<String> choice = choose("fastest", NATIVE);
    assertThatThrownBy(choice::provider)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("fastest");
  }

  @Test
  void both_algorithms_are_described() {
    assertThat(CryptoProviders.describe())
        .extracting(CryptoProviders.InUse::algorithm)
        .containsExactly("Ed25519", "BIP-340");
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void both_native_libraries_load_on_linux() {
    assertThat(CryptoProviders.describe()).allMatch(CryptoProviders.InUse::nativeCode);
  }

  @Test
  void the_platform_keeps_its_own_providers() {
    assertThat(Ed25519.PROVIDER.chosen()).isPresent();
    assertThat(Security.getProviders()).noneMatch(p -> p.getName().contains("Conscrypt"));
  }

  private static ProviderChoice<String> choose(
      @Nullable String wanted, ProviderChoice.Library<String> nativeLibrary) {
    return ProviderChoice.make("Test", wanted, nativeLibrary, PORTABLE);
  }
}
