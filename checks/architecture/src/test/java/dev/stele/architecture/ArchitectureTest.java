package dev.stele.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The product, held against the rules. */
class ArchitectureTest {
  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.stele");

  private static final Rules RULES = new Rules(new Layout("dev.stele"));

  @Test
  void theProductWasFound() {
    assertThat(PRODUCT.contain("dev.stele.core.log.EventLog")).isTrue();
    assertThat(PRODUCT.contain("dev.stele.crypto.Sha256")).isTrue();
    assertThat(PRODUCT.contain("dev.stele.sqlite.SqliteLogEngine")).isTrue();
    assertThat(PRODUCT.contain("dev.stele.wire.v1.LogGrpc")).isTrue();
  }

  @Test
  void everyModuleHasAShelf() {
    RULES.everyModuleHasAShelf().check(PRODUCT);
  }

  @Test
  void cryptoUsesNothingOfTheHouse() {
    RULES.cryptoUsesNothingOfTheHouse().check(PRODUCT);
  }

  @Test
  void coreUsesOnlyCryptoAndTheJdk() {
    RULES.coreUsesOnlyCryptoAndTheJdk().check(PRODUCT);
  }

  @Test
  void enginesDoNotUseEachOther() {
    RULES.enginesDoNotUseEachOther().check(PRODUCT);
  }

  @Test
  void enginesDoNotLookUp() {
    RULES.enginesDoNotLookUp().check(PRODUCT);
  }

  @Test
  void domainsDoNotUseEachOther() {
    RULES.domainsDoNotUseEachOther().check(PRODUCT);
  }

  @Test
  void domainsDoNotChooseAnEngine() {
    RULES.domainsDoNotChooseAnEngine().check(PRODUCT);
  }

  @Test
  void domainsDoNotLookUp() {
    RULES.domainsDoNotLookUp().check(PRODUCT);
  }

  @Test
  void nothingUsesTheServer() {
    RULES.nothingUsesTheServer().check(PRODUCT);
  }

  @Test
  void facesUseNoChecks() {
    RULES.facesUseNoChecks().check(PRODUCT);
  }

  @Test
  void timeAndChanceArePassedIn() {
    RULES.timeAndChanceArePassedIn().check(PRODUCT);
  }

  @Test
  void onlyGatesAdmit() {
    RULES.onlyGatesAdmit().check(PRODUCT);
  }

  @Test
  void packagesHaveNoCycles() {
    RULES.packagesHaveNoCycles().check(PRODUCT);
  }

  @Test
  void theVerifierSharesNoCodeWithTheWriter() {
    RULES.theVerifierSharesNoCodeWithTheWriter().check(PRODUCT);
  }

  @Test
  void baseModulesShowNoThirdParty() {
    RULES.baseModulesShowNoThirdParty().check(PRODUCT);
  }

  @Test
  void namesSayWhatAClassIs() {
    RULES.namesSayWhatAClassIs().check(PRODUCT);
  }

  @Test
  void stackTracesAreNotPrinted() {
    RULES.stackTracesAreNotPrinted().check(PRODUCT);
  }

  @Test
  void onlyTheCommandLinePrints() {
    RULES.onlyTheCommandLinePrints().check(PRODUCT);
  }

  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    assertThat(Packages.withoutInfo(Repository.mainSources()))
        .as("packages without package-info.java: nobody is told what they are for")
        .isEmpty();
  }

  @Test
  void aPackageThatSaysNothingIsNoticed(@org.junit.jupiter.api.io.TempDir Path folder)
      throws IOException {
    Path mute = Files.createDirectories(folder.resolve("dev/stele/mute"));
    Files.writeString(mute.resolve("Thing.java"), "package dev.stele.mute; class Thing {}");
    assertThat(Packages.withoutInfo(List.of(folder))).containsExactly(mute);
  }
}
