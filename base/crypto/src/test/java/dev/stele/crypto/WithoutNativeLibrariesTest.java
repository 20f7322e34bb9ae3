package dev.stele.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Where the optional libraries are not on the classpath, everything still works. */
class WithoutNativeLibrariesTest {
  /** Signs and verifies in its own class loader, and tells whether all was portable and well. */
  public static final class Probe implements BooleanSupplier {
    public Probe() {}

    @Override
    public boolean getAsBoolean() {
      byte[] message = new byte[32];
      SchnorrKey schnorr = SchnorrKey.fromSecret(Sha256.hash(message));
      Ed25519Key ed25519 = Ed25519Key.fromSeed(Sha256.hash(message));
      return CryptoProviders.describe().stream()
              .allMatch(
                  use ->
                      use.library().equals("BouncyCastle")
                          && !use.nativeCode()
                          && use.failure().orElse("").contains("ClassNotFoundException"))
          && Schnorr.verify(schnorr.publicKey(), message, schnorr.sign(message, new byte[32]))
          && Ed25519.verify(ed25519.publicKey(), message, ed25519.sign(message));
    }
  }

  /** Defines our own classes afresh and has never heard of the native libraries' ones. */
  private static final class Loader extends ClassLoader {
    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("fr.acinq.") || name.startsWith("org.conscrypt.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("dev.stele.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  @Test
  void the_portable_providers_serve() throws ReflectiveOperationException {
    BooleanSupplier probe =
        (BooleanSupplier)
            new Loader().loadClass(Probe.class.getName()).getDeclaredConstructor().newInstance();
    assertThat(probe.getAsBoolean()).isTrue();
  }
}
