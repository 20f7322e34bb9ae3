package dev.stele.server.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.ssl.SslContextFactory;

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

  private static final String ALIAS = "stele";

  private final Path certificate;
  private final Path key;
  private final Optional<Path> clients;
  private final SslContextFactory.Server factory = new SslContextFactory.Server();
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
    files.load(files.factory);
    files.factory.setIncludeProtocols("TLSv1.3");
    files.factory.setSniRequired(false);
    if (clients.isPresent()) {
      files.factory.setWantClientAuth(true);
    }
    Thread.ofVirtual().name("stele-tls-files").start(files::watch);
    return files;
  }

  /** What Jetty asks. */
  SslContextFactory.Server factory() {
    return factory;
  }

  private void load(SslContextFactory.Server into) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setKeyEntry(
        ALIAS, privateKey(), new char[0], certificates(certificate).toArray(Certificate[]::new));
    into.setKeyStore(store);
    into.setKeyStorePassword("");
    if (clients.isPresent()) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate authority : certificates(clients.get())) {
        trusted.setCertificateEntry("client-authority-" + number++, authority);
      }
      into.setTrustStore(trusted);
    }
  }

  private static List<Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    List<Certificate> chain =
        new ArrayList<>(
            CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file))));
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
        factory.reload(
            each -> {
              try {
                load((SslContextFactory.Server) each);
              } catch (IOException | GeneralSecurityException e) {
                throw new IllegalStateException("the new files of TLS cannot be used", e);
              }
            });
        LOGGER.log(System.Logger.Level.INFO, "event=tls-files-read-again");
      }
      return now;
    } catch (Exception e) {
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
