package dev.stele.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.stele.architecture.Layout.Shelf;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules of the house, each with its reason. Immutable. */
final class Rules {
  private static final Pattern DRAWER =
      Pattern.compile(".*(Manager|Helper|Util|Utils|Impl|Base|Data|Info)");

  /** Calls that ask the machine for the time or for chance, as {@code class.method}. */
  private static final Set<String> SYSTEM_CLOCKS_AND_CHANCE =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone",
          "java.time.Clock.system",
          "java.time.Clock.tickMillis",
          "java.time.Clock.tickSeconds",
          "java.time.Clock.tickMinutes",
          "java.time.InstantSource.system",
          "java.lang.Math.random",
          "java.util.UUID.randomUUID",
          "java.util.concurrent.ThreadLocalRandom.current",
          "java.security.SecureRandom.getInstance",
          "java.security.SecureRandom.getInstanceStrong",
          "java.util.random.RandomGenerator.getDefault",
          "java.util.random.RandomGenerator.of");

  private static final Set<String> RANDOM_WITHOUT_SEED =
      Set.of(
          "java.util.Random",
          "java.util.SplittableRandom",
          "java.security.SecureRandom",
          "java.util.Date");

  private final Layout layout;

  Rules(Layout layout) {
    this.layout = layout;
  }

  ArchRule everyModuleHasAShelf() {
    return classes()
        .should(
            each(
                "belong to a module with a place in the layout",
                type -> layout.module(type).isPresent() && layout.shelf(type).isEmpty()))
        .because("a module without a shelf has no arrows, so nothing would be forbidden to it");
  }

  ArchRule cryptoUsesNothingOfTheHouse() {
    return arrow(
            "crypto stands on nothing of the house",
            Shelf.CRYPTO,
            (from, to) -> layout.shelf(to).filter(shelf -> shelf != Shelf.CRYPTO).isPresent())
        .because("hashes and signatures must be judged, and replaced, on their own");
  }

  ArchRule coreUsesOnlyCryptoAndTheJdk() {
    return arrow(
            "core uses crypto and the JDK",
            Shelf.CORE,
            (from, to) ->
                layout.module(to).isPresent()
                    ? !layout.shelf(to).equals(Optional.of(Shelf.CRYPTO))
                        && !layout.shelf(to).equals(Optional.of(Shelf.CORE))
                    : !Layout.isPlatform(to))
        .because(
            "every user pays for what core needs, and an engine or a domain below it would bind the"
                + " format to one of them");
  }

  ArchRule enginesDoNotUseEachOther() {
    return arrow(
            "an engine uses core and crypto",
            Shelf.ENGINE,
            (from, to) ->
                isOneOf(to, Shelf.ENGINE) && !layout.module(from).equals(layout.module(to)))
        .because("who takes one engine must not be given the libraries of another");
  }

  ArchRule enginesDoNotLookUp() {
    return arrow(
            "an engine knows no domain and no face",
            Shelf.ENGINE,
            (from, to) -> isOneOf(to, Shelf.DOMAIN, Shelf.FACE, Shelf.CHECK))
        .because("engines change nothing: the same events give the same root on each of them");
  }

  ArchRule domainsDoNotUseEachOther() {
    return arrow(
            "a domain uses core and crypto",
            Shelf.DOMAIN,
            (from, to) ->
                isOneOf(to, Shelf.DOMAIN)
                    && !layout.module(from).equals(layout.module(to))
                    && !Optional.ofNullable(
                            Layout.DOMAIN_OF_DOMAIN.get(layout.module(from).orElse("")))
                        .equals(layout.module(to)))
        .because(
            "what two domains share belongs into core, or is a coincidence; an adapter for a"
                + " library stands on its own domain on purpose");
  }

  ArchRule domainsDoNotChooseAnEngine() {
    return arrow(
            "a domain leaves the engine to its user",
            Shelf.DOMAIN,
            (from, to) ->
                isOneOf(to, Shelf.ENGINE)
                    && !Optional.ofNullable(
                            Layout.ENGINE_OF_DOMAIN.get(layout.module(from).orElse("")))
                        .equals(layout.module(to)))
        .because("a domain must run on every engine; ledger and graph bring SQLite on purpose");
  }

  ArchRule domainsDoNotLookUp() {
    return arrow(
            "a domain knows no face",
            Shelf.DOMAIN,
            (from, to) -> isOneOf(to, Shelf.FACE, Shelf.CHECK))
        .because("protocols are sans-IO: a face drives a domain, never the other way round");
  }

  ArchRule nothingUsesTheServer() {
    return classes()
        .should(
            notDependOn(
                "use the server",
                (from, to) ->
                    layout.module(to).equals(Optional.of("server"))
                        && !layout.module(from).equals(Optional.of("server"))
                        && !isOneOf(from, Shelf.CHECK)))
        .because("the server wires everything; whoever used it would get everything");
  }

  ArchRule facesUseNoChecks() {
    return arrow(
            "a face ships without the checks", Shelf.FACE, (from, to) -> isOneOf(to, Shelf.CHECK))
        .because("test kits and benchmarks are not part of what is shipped");
  }

  /**
   * Time and chance come from outside, but for these:
   *
   * <ul>
   *   <li>{@code cli}: the outermost place, where the system's clock and randomness are chosen;
   *   <li>{@code server.Serving}: the same place for the server;
   *   <li>{@code core.log.LogOptions}: {@code withAnchor} is the documented default of that choice;
   *   <li>{@code ledger.LedgerOptions}: {@code defaults} is the same for who embeds a ledger;
   *   <li>{@code envelope.store.EnvelopeStoreOptions}: {@code DEFAULT} is the same for who keeps
   *       envelopes;
   *   <li>{@code nostr.store.NostrStoreOptions}: {@code DEFAULT} is the same for who keeps Nostr
   *       events; every part takes the clock and the randomness from the options;
   *   <li>{@code mcp.store.McpStoreOptions}: {@code DEFAULT} is the same for who keeps streams;
   *   <li>{@code mcp.sdk.TransportOptions}: {@code defaults} is the same for who serves MCP;
   *   <li>{@code client.ClientOptions}: {@code trusting} is the same for who talks to a server;
   *   <li>{@code core.proof.Verifier}: draws the secret points of its set fingerprints itself. They
   *       are never stored or shown and do not change a verdict on an honest log; were they given
   *       from outside, a forger could know them and make index entries that cancel out;
   *   <li>checks: they choose seeds and read clocks to do their work.
   * </ul>
   *
   * <p>{@code System.nanoTime} is not on the list: it measures durations and tells no time.
   */
  ArchRule timeAndChanceArePassedIn() {
    return classes()
        .that(
            new DescribedPredicate<JavaClass>("are not where time and chance are chosen") {
              @Override
              public boolean test(JavaClass type) {
                String outermost = outermost(type).getName();
                return !layout.module(type).equals(Optional.of("cli"))
                    && !isOneOf(type, Shelf.CHECK)
                    && !outermost.equals(layout.root() + ".server.Serving")
                    && !outermost.equals(layout.root() + ".core.log.LogOptions")
                    && !outermost.equals(layout.root() + ".ledger.LedgerOptions")
                    && !outermost.equals(layout.root() + ".envelope.store.EnvelopeStoreOptions")
                    && !outermost.equals(layout.root() + ".mcp.store.McpStoreOptions")
                    && !outermost.equals(layout.root() + ".nostr.store.NostrStoreOptions")
                    && !outermost.equals(layout.root() + ".mcp.sdk.TransportOptions")
                    && !outermost.equals(layout.root() + ".client.ClientOptions")
                    && !outermost.equals(layout.root() + ".core.proof.Verifier");
              }
            })
        .should(notAccess("ask the machine for the time or for chance", Rules::isTimeOrChance))
        .because("the same seed and the same clock must give the same bytes");
  }

  ArchRule onlyGatesAdmit() {
    String admitted = layout.root() + ".core.gate.Admitted";
    return classes()
        .that()
        .resideOutsideOfPackages("..gate", "..gate..")
        .should(
            notAccess(
                "make an Admitted",
                access ->
                    access.getTarget().getOwner().getName().equals(admitted)
                        && access.getTarget() instanceof AccessTarget.CodeUnitAccessTarget target
                        && target.getName().equals("<init>")))
        .because("what was not judged must not be remembered: only a gate may say 'admitted'");
  }

  ArchRule packagesHaveNoCycles() {
    return slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass type) {
                return layout
                    .module(type)
                    .map(module -> SliceIdentifier.of(module, layout.inner(type)))
                    .orElse(SliceIdentifier.ignore());
              }

              @Override
              public String getDescription() {
                return "the packages of each module";
              }
            })
        .should()
        .beFreeOfCycles()
        .because("packages in a circle can only be understood, tested and changed together");
  }

  ArchRule theVerifierSharesNoCodeWithTheWriter() {
    String core = layout.root() + ".core.";
    Set<String> independent =
        Set.of(
            core + "proof.Verifier",
            core + "proof.CheckedEvent",
            core + "proof.RootAccumulator",
            core + "proof.SetFingerprint");
    return noClasses()
        .that(
            new DescribedPredicate<JavaClass>("are the verifier or decode and fold for it") {
              @Override
              public boolean test(JavaClass type) {
                return independent.contains(outermost(type).getName());
              }
            })
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(core + "event..", core + "log..")
        .because("a mistake in the writer's code must not be repeated by the one that checks it");
  }

  ArchRule baseModulesShowNoThirdParty() {
    return classes()
        .that(
            new DescribedPredicate<JavaClass>("are public in crypto or core") {
              @Override
              public boolean test(JavaClass type) {
                return isOneOf(type, Shelf.CRYPTO, Shelf.CORE) && isExported(type);
              }
            })
        .should(
            new ArchCondition<JavaClass>("mention only types of the JDK and of the house") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                for (JavaMember member : type.getMembers()) {
                  if (isExported(member)) {
                    mentioned(member)
                        .filter(used -> !Layout.isPlatform(used) && layout.module(used).isEmpty())
                        .distinct()
                        .forEach(
                            used ->
                                events.add(
                                    SimpleConditionEvent.violated(
                                        member,
                                        member.getDescription() + " mentions " + used.getName())));
                  }
                }
              }
            })
        .because("a library in a signature can never be left again");
  }

  /** Of {@code wire} the generator gives the names, such as {@code LogImplBase}. */
  ArchRule namesSayWhatAClassIs() {
    return classes()
        .that(
            new DescribedPredicate<JavaClass>("were named by somebody") {
              @Override
              public boolean test(JavaClass type) {
                return !layout.module(type).equals(Optional.of("wire"));
              }
            })
        .should(
            each(
                "have a name that says what it is",
                type -> DRAWER.matcher(type.getSimpleName()).matches()))
        .because("a Manager, a Helper or an Impl is a drawer: it says nothing and fills up");
  }

  ArchRule stackTracesAreNotPrinted() {
    return classes()
        .should(
            notAccess(
                "print a stack trace",
                access -> access.getTarget().getName().equals("printStackTrace")))
        .because("a failure says what happened, where, and what to do next, to whoever can act");
  }

  ArchRule onlyTheCommandLinePrints() {
    return classes()
        .that(
            new DescribedPredicate<JavaClass>("are not of the command line") {
              @Override
              public boolean test(JavaClass type) {
                return !layout.module(type).equals(Optional.of("cli"));
              }
            })
        .should(
            notAccess(
                "use System.out or System.err",
                access ->
                    access.getTarget().getOwner().getName().equals("java.lang.System")
                        && Set.of("out", "err").contains(access.getTarget().getName())))
        .because("the standard output belongs to the program, not to a library inside it");
  }

  // ---- what the rules are made of ----

  private boolean isOneOf(JavaClass type, Shelf... shelves) {
    Optional<Shelf> shelf = layout.shelf(type);
    return Stream.of(shelves).anyMatch(wanted -> shelf.equals(Optional.of(wanted)));
  }

  private ArchRule arrow(String name, Shelf from, BiPredicate<JavaClass, JavaClass> forbidden) {
    return classes()
        .that(
            new DescribedPredicate<JavaClass>("are on the shelf " + from) {
              @Override
              public boolean test(JavaClass type) {
                return isOneOf(type, from);
              }
            })
        .should(notDependOn("cross the arrow", forbidden))
        .as(name)
        .allowEmptyShould(true);
  }

  private static ArchCondition<JavaClass> notDependOn(
      String what, BiPredicate<JavaClass, JavaClass> forbidden) {
    return new ArchCondition<>("not " + what) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          if (forbidden.test(type, dependency.getTargetClass())) {
            events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
          }
        }
      }
    };
  }

  private interface Accesses {
    boolean forbid(JavaAccess<?> access);
  }

  private static ArchCondition<JavaClass> notAccess(String what, Accesses accesses) {
    return new ArchCondition<>("not " + what) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        Stream.concat(
                type.getAccessesFromSelf().stream(),
                Stream.<JavaAccess<?>>concat(
                    type.getMethodReferencesFromSelf().stream(),
                    type.getConstructorReferencesFromSelf().stream()))
            .distinct()
            .filter(accesses::forbid)
            .forEach(
                access ->
                    events.add(SimpleConditionEvent.violated(access, access.getDescription())));
      }
    };
  }

  private interface Fault {
    boolean in(JavaClass type);
  }

  private static ArchCondition<JavaClass> each(String what, Fault fault) {
    return new ArchCondition<>(what) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (fault.in(type)) {
          events.add(SimpleConditionEvent.violated(type, type.getName() + " does not " + what));
        }
      }
    };
  }

  private static boolean isTimeOrChance(JavaAccess<?> access) {
    if (!(access.getTarget() instanceof AccessTarget.CodeUnitAccessTarget target)) {
      return false;
    }
    String owner = target.getOwner().getName();
    boolean noArguments = target.getRawParameterTypes().isEmpty();
    boolean now =
        owner.startsWith("java.time.")
            && target.getName().equals("now")
            && target.getRawParameterTypes().stream()
                .noneMatch(type -> type.getName().equals("java.time.Clock"));
    return now
        || SYSTEM_CLOCKS_AND_CHANCE.contains(owner + "." + target.getName())
        || (noArguments
            && target.getName().equals("<init>")
            && RANDOM_WITHOUT_SEED.contains(owner));
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(Rules::outermost).orElse(type);
  }

  private static boolean isExported(JavaClass type) {
    return (type.getModifiers().contains(JavaModifier.PUBLIC)
            || type.getModifiers().contains(JavaModifier.PROTECTED))
        && type.getEnclosingClass().map(Rules::isExported).orElse(true);
  }

  private static boolean isExported(JavaMember member) {
    return member.getModifiers().contains(JavaModifier.PUBLIC)
        || member.getModifiers().contains(JavaModifier.PROTECTED);
  }

  private static Stream<JavaClass> mentioned(JavaMember member) {
    Set<JavaClass> types = new HashSet<>();
    if (member instanceof JavaField field) {
      add(types, field.getType());
    } else if (member instanceof JavaCodeUnit unit) {
      add(types, unit.getReturnType());
      unit.getParameterTypes().forEach(type -> add(types, type));
      types.addAll(unit.getExceptionTypes());
    }
    return types.stream().map(JavaClass::getBaseComponentType);
  }

  private static void add(Set<JavaClass> types, JavaType type) {
    types.addAll(type.getAllInvolvedRawTypes());
  }
}
