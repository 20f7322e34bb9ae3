package dev.stele.crypto;

import java.util.LinkedHashMap;
import java.util.Map;

/** Each algorithm's providers by name: the portable one, and the native one where it loads. */
final class EveryProvider {
  static final Map<String, StrictEd25519<?>> ED25519 = new LinkedHashMap<>();
  static final Map<String, SchnorrProvider> SCHNORR = new LinkedHashMap<>();

  static {
    ED25519.put("portable", new StrictEd25519<>(new BouncyCastleEd25519()));
    SCHNORR.put("portable", new BouncyCastleSchnorr());
    ProviderChoice<StrictEd25519<?>> ed25519 = Ed25519.PROVIDER;
    if (ed25519.nativeCode()) {
      ED25519.put("native", ed25519.provider());
    }
    ProviderChoice<SchnorrProvider> schnorr = Schnorr.PROVIDER;
    if (schnorr.nativeCode()) {
      SCHNORR.put("native", schnorr.provider());
    }
  }

  private EveryProvider() {}
}
