package dev.stele.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** Each rule flags the class that was planted against it, and names it. */
class RulesCanFailTest {
  private static final String PLANTED = "dev.stele.architecture.planted";

  private static final JavaClasses HOUSE = new ClassFileImporter().importPackages(PLANTED);

  private static final Rules RULES = new Rules(new Layout(PLANTED));

  private static void assertFlags(ArchRule rule, String... expected) {
    assertThat(rule.evaluate(HOUSE).getFailureReport().getDetails().toString()).contains(expected);
  }

  @Test
  void aModuleWithoutAShelf() {
    assertFlags(RULES.everyModuleHasAShelf(), "shelfless.Orphan");
  }

  @Test
  void cryptoThatUsesCore() {
    assertFlags(RULES.cryptoUsesNothingOfTheHouse(), "crypto.LooksUp.sees");
  }

  @Test
  void coreThatUsesAnEngine() {
    assertFlags(RULES.coreUsesOnlyCryptoAndTheJdk(), "core.log.UsesAnEngine.engine");
  }

  @Test
  void anEngineThatUsesAnother() {
    assertFlags(RULES.enginesDoNotUseEachOther(), "sqlite.UsesAnotherEngine.other");
  }

  @Test
  void anEngineThatKnowsADomain() {
    assertFlags(RULES.enginesDoNotLookUp(), "sqlite.UsesAnotherEngine.domain");
  }

  @Test
  void aDomainThatUsesAnother() {
    assertFlags(
        RULES.domainsDoNotUseEachOther(),
        "nostr.UsesAnotherDomain.other",
        "mcp.StreamManager.adapter",
        "mcp.sdk.Adapter.stranger");
  }

  @Test
  void butNotAnAdapterThatUsesItsOwn() {
    assertThat(RULES.domainsDoNotUseEachOther().evaluate(HOUSE).getFailureReport().getDetails())
        .noneMatch(detail -> detail.contains("mcp.sdk.Adapter.own"));
  }

  @Test
  void aDomainThatChoosesAnEngineButNotTheLedger() {
    assertFlags(RULES.domainsDoNotChooseAnEngine(), "nostr.UsesAnotherDomain.engine");
    assertThat(RULES.domainsDoNotChooseAnEngine().evaluate(HOUSE).getFailureReport().getDetails())
        .noneMatch(detail -> detail.contains("ledger.OtherDomain.engine"));
  }

  @Test
  void aDomainThatKnowsAFace() {
    assertFlags(RULES.domainsDoNotLookUp(), "nostr.UsesAnotherDomain.server");
  }

  @Test
  void whoeverUsesTheServer() {
    assertFlags(RULES.nothingUsesTheServer(), "nostr.UsesAnotherDomain.server");
  }

  @Test
  void aFaceThatShipsATestKit() {
    assertFlags(RULES.facesUseNoChecks(), "server.Host.kit");
  }

  @Test
  void aClockAndAReferenceToChance() {
    assertFlags(
        RULES.timeAndChanceArePassedIn(),
        "core.log.UsesAnEngine.now",
        "core.log.UsesAnEngine.chance");
  }

  @Test
  void anAdmittedMadeOutsideAGate() {
    assertFlags(RULES.onlyGatesAdmit(), "nostr.UsesAnotherDomain.admitted");
  }

  @Test
  void packagesInACircle() {
    assertFlags(RULES.packagesHaveNoCycles(), "graph.event.Round", "graph.view.About");
  }

  @Test
  void aVerifierThatUsesTheWriter() {
    assertFlags(RULES.theVerifierSharesNoCodeWithTheWriter(), "core.proof.Verifier.borrowed");
  }

  @Test
  void aLibraryInASignature() {
    assertFlags(RULES.baseModulesShowNoThirdParty(), "crypto.LooksUp.shown");
  }

  @Test
  void aDrawer() {
    assertFlags(RULES.namesSayWhatAClassIs(), "mcp.StreamManager");
    assertThat(RULES.namesSayWhatAClassIs().evaluate(HOUSE).getFailureReport().getDetails())
        .noneMatch(detail -> detail.contains("wire.LogImplBase"));
  }

  @Test
  void aPrintedStackTrace() {
    assertFlags(RULES.stackTracesAreNotPrinted(), "mcp.StreamManager.manage");
  }

  @Test
  void aPrintOutsideTheCommandLine() {
    assertFlags(RULES.onlyTheCommandLinePrints(), "mcp.StreamManager.manage");
  }
}
