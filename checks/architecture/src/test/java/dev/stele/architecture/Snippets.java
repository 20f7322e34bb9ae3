package dev.stele.architecture;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * Compiles Java snippets of documents against the product.
 *
 * <p>A snippet is a whole file, or members of a class, or statements; imports may stand on top of
 * any of them. What a document shows must compile as it stands, so nothing is imported for it.
 */
final class Snippets {
  private static final Pattern TYPE =
      Pattern.compile(
          "(?m)^(public |final |sealed |abstract |non-sealed )*(class|interface|record|enum) ");

  private Snippets() {}

  /** What the compiler says against a snippet; nothing when it compiles. */
  static List<String> errors(String snippet) {
    List<String> imports = new ArrayList<>();
    List<String> body = new ArrayList<>();
    for (String line : snippet.lines().toList()) {
      (line.startsWith("import ") ? imports : body).add(line);
    }
    String code = String.join("\n", body);
    String head = String.join("\n", imports) + "\n";
    List<String> asStatements =
        compile(head + "class Snippet { void run() throws Exception {\n" + code + "\n} }");
    if (asStatements.isEmpty() || !TYPE.matcher(code).find()) {
      return asStatements;
    }
    return compile(head + code.replaceAll("(?m)^public ", ""));
  }

  private static List<String> compile(String source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    compiler
        .getTask(
            null,
            null,
            found,
            List.of(
                "-proc:none",
                "-implicit:none",
                "-d",
                System.getProperty("java.io.tmpdir", "."),
                "-Xdiags:verbose",
                "--should-stop=ifError=FLOW",
                "-XDshould-stop.ifNoError=FLOW",
                "-classpath",
                System.getProperty("java.class.path", "")),
            null,
            List.of(file))
        .call();
    return found.getDiagnostics().stream()
        .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
        .map(diagnostic -> diagnostic.getMessage(Locale.ROOT))
        .toList();
  }
}
