package dev.stele.server.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The certificate and key of TLS 1.3, read from PEM files, and read again when they change. What
 * cannot be read then is said in the log, and the old certificate stays in use.
 */
public final class TlsFiles implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private static final List<String> KEY_KINDS = List.of("EC", "RSA", "Ed25519");

  /** 5 seconds: a new certificate is in use soon after it was put in place. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);

  /**
   * What the files hold.
   *
   * @param key the private key
   * @param chain the certificate and those above it
   * @param clients the authorities of client certificates; none where they are not asked for
   */
  public record Material(
      PrivateKey key, List<X509Certificate> chain, List<X509Certificate> clients) {
    /** Copies the lists. */
    public Material {
      chain = List.copyOf(chain);
      clients = List.copyOf(clients);
    }

    /** Names no secret. */
    @Override
    public String toString() {
      return "Material[" + chain.getFirst().getSubjectX500Principal() + "]";
    }
  }

  private final Path certificate;
  private final Path key;
  private final Optional<Path> clients;
  private final List<Consumer<Material>> users = new CopyOnWriteArrayList<>();
  private volatile @Nullable Material loaded;
  private final CountDownLatch closing = new CountDownLatch(1);

  private TlsFiles(Path certificate, Path key, Optional<Path> clients) {
    this.certificate = certificate;
    this.key = key;
    this.clients = clients;
  }

  /**
   * Reads the files, and watches them until it is closed.
   *
   * @param certificate the chain, PEM
   * @param key its private key, PEM, PKCS #8
   * @param clients the authorities of client certificates, which are asked for then
   * @throws IOException when a file cannot be read
   * @throws GeneralSecurityException when it does not hold what it should
   */
  public static TlsFiles read(Path certificate, Path key, Optional<Path> clients)
      throws IOException, GeneralSecurityException {
    TlsFiles files = new TlsFiles(certificate, key, clients);
    files.loaded = files.load();
    Thread.ofVirtual().name("stele-tls-files").start(files::watch);
    return files;
  }

  /** What the files hold now. */
  public Material material() {
    Material known = loaded;
    if (known == null) {
      throw new IllegalStateException("nothing was read yet");
    }
    return known;
  }

  /** Tells somebody of what the files hold whenever they have changed. */
  public void whenChanged(Consumer<Material> user) {
    users.add(user);
  }

  private Material load() throws IOException, GeneralSecurityException {
    return new Material(
        privateKey(),
        certificates(certificate),
        clients.isPresent() ? certificates(clients.get()) : List.of());
  }

  private static List<X509Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    List<X509Certificate> chain = new ArrayList<>();
    for (Certificate each :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      if (each instanceof X509Certificate known) {
        chain.add(known);
      }
    }
    if (chain.isEmpty()) {
      throw new GeneralSecurityException("%s holds no certificate".formatted(file));
    }
    return chain;
  }

  private PrivateKey privateKey() throws IOException, GeneralSecurityException {
    Matcher pem = PRIVATE_KEY.matcher(Files.readString(key, StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new GeneralSecurityException("%s holds no private key (PKCS #8, PEM)".formatted(key));
    }
    PKCS8EncodedKeySpec encoded =
        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    for (String kind : KEY_KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePrivate(encoded);
      } catch (InvalidKeySpecException e) {
        // It is of another kind: the next is tried.
      }
    }
    throw new GeneralSecurityException("%s is none of %s".formatted(key, KEY_KINDS));
  }

  private List<FileTime> changed() throws IOException {
    List<FileTime> times = new ArrayList<>();
    times.add(Files.getLastModifiedTime(certificate));
    times.add(Files.getLastModifiedTime(key));
    if (clients.isPresent()) {
      times.add(Files.getLastModifiedTime(clients.get()));
    }
    return times;
  }

  private void watch() {
    List<FileTime> known = List.of();
    try {
      known = changed();
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=tls-files-unreadable", e);
    }
    try {
      while (!closing.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        known = reloadIfChanged(known);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<FileTime> reloadIfChanged(List<FileTime> known) {
    try {
      List<FileTime> now = changed();
      if (!now.equals(known)) {
        Material read = load();
        loaded = read;
        users.forEach(user -> user.accept(read));
        LOGGER.log(System.Logger.Level.INFO, "event=tls-files-read-again");
      }
      return now;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=tls-files-unusable", e);
      return known;
    }
  }

  /** Stops watching. */
  @Override
  public void close() {
    closing.countDown();
  }
}
