package dev.stele.server.rpc;

import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** Bytes that are no message. */
final class Garbage {
  /** A field without its end, one that lies about its length, text that is no UTF-8, no field. */
  static final List<byte[]> SAMPLES =
      List.of(
          new byte[] {0x0a},
          new byte[] {0x0a, 0x7f, 1},
          new byte[] {0x0a, 2, (byte) 0xc3, 0x28},
          new byte[] {(byte) 0xff});

  private static final MethodDescriptor.Marshaller<byte[]> RAW =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private Garbage() {}

  /** The same call, with bytes as they are. */
  static MethodDescriptor<byte[], byte[]> method(MethodDescriptor<?, ?> method) {
    return method.toBuilder(RAW, RAW).build();
  }
}
