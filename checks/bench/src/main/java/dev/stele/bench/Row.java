package dev.stele.bench;

/**
 * One line of the table. Both sides of a row do what its durability says: the scene sees to it.
 *
 * @param name the row's name, by which it is chosen
 * @param api what the calls go through
 * @param durability {@code durable}, {@code os}, {@code memory}, or {@code -} where nothing is
 *     written
 * @param batch how many events one call carries
 * @param payloadBytes the size of each payload
 * @param threads how many call at once
 * @param scene builds the sides
 */
record Row(
    String name,
    String api,
    String durability,
    int batch,
    int payloadBytes,
    int threads,
    Scene.Builder scene) {}
