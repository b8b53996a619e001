import Notebooks
import Testing

@Suite struct LaTeXTests {
  private func table(_ names: [String], _ source: String = "```{mod-table}\nlabel: tab-mod\n```\n") throws -> String {
    var made = MadeUpResults()
    made.models = Array(made.models.prefix(names.count))
    made.names = names
    made.imageCount = 8
    made.epsilons = [0.05, 0.1]
    return try #require(try notebook(source, made).tables.first).latex
  }

  @Test func aTableIsWhatBooktabsTakes() throws {
    let latex = try table(["VGG16", "ResNet-50"])
    #expect(
      latex == #"""
        % Table 1. Accuracy on clean images and at ε = 0.1, MOD at each attack level, VID, and dead (all-zero) maps, over 40 images. Small figures: 95% bootstrap intervals over images. VID: the mean over images of the standard deviation of NISSIM over the attack levels (read per image).
        % Needs \usepackage{booktabs}. Made by Heatdrift; \input it into a table.
        \begin{tabular}{@{}lrrrrrr@{}}
        \toprule
         & \multicolumn{2}{c}{accuracy} & \multicolumn{2}{c}{MOD} &  &  \\
        \cmidrule(lr){2-3} \cmidrule(lr){4-5}
        model & clean & attacked & \textit{$\varepsilon$} = 0.05 & \textit{$\varepsilon$} = 0.1 & VID & dead \\
        \midrule
        VGG16 & 0.975 & 0.650 & 0.149 & 0.239 & 0.045 & 3 \\
         & {\scriptsize 0.925--1.000} & {\scriptsize 0.500--0.800} & {\scriptsize 0.133--0.166} & {\scriptsize 0.214--0.265} & {\scriptsize 0.040--0.050} &  \\
        ResNet-50 & 0.975 & 0.425 & 0.183 & 0.272 & 0.045 & 2 \\
         & {\scriptsize 0.925--1.000} & {\scriptsize 0.275--0.575} & {\scriptsize 0.162--0.203} & {\scriptsize 0.241--0.302} & {\scriptsize 0.040--0.049} &  \\
        \bottomrule
        \end{tabular}

        """#)
  }

  /// Whatever a name holds, between `\begin` and `\end` stand our own commands only.
  @Test(arguments: [
    "\\input{/etc/passwd}", "a & b \\\\ \\hline", "100% $x$ #1 ^^M ~ _{2}", "} \\end{tabular} \\write18{rm}",
    "[2pt] star", "* star", "a\nb\r\n\\bye\u{2028}c\u{0}d", "\u{202E}olleh ``quoted'' --- ,, <<>> ?` |\"",
    "Größe Ångström", "中文",
  ])
  func hostileNamesAreOnlyPrinted(_ name: String) throws {
    let latex = try table([name, "ok"])
    let lines = latex.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.filter { $0.hasPrefix("\\begin{tabular}") }.count == 1)
    #expect(lines.dropLast().last == "\\end{tabular}" && lines.last == "")
    // Every line that prints has the same number of cells, and ends its row once.
    let printed = lines.filter { $0.hasSuffix(" \\\\") }
    #expect(printed.count == 6)
    for line in printed.dropFirst() {
      #expect(
        line.replacing("\\&", with: "").split(separator: "&", omittingEmptySubsequences: false).count == 7, "\(line)")
      #expect(line.components(separatedBy: "\\\\").count == 2, "\(line)")
      #expect(!line.hasPrefix("[") && !line.hasPrefix("*"), "\(line)")
    }
    for line in lines where !line.hasPrefix("%") {
      #expect(Self.commands(in: String(line)).isSubset(of: Self.known), "\(line)")
      #expect(Self.isBalanced(String(line)), "\(line)")
      // Characters that mean something to TeX, unless escaped.
      let bare = line.replacing("\\\\", with: "").replacing(/\\[#%_{}$&]/, with: "")
      #expect(!bare.contains { "#%^~".contains($0) }, "\(line)")
      #expect(line.unicodeScalars.allSatisfy { $0.value >= 32 && !(0x2028...0x202E).contains($0.value) }, "\(line)")
    }
  }

  private static let known: Set<String> = [
    "begin", "end", "toprule", "midrule", "bottomrule", "cmidrule", "multicolumn", "scriptsize", "textit", "textbf",
    "texttt", "varepsilon", "textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar",
    "char", "textasciigrave", "times", "cdot", "ldots",
  ]

  private static func commands(in line: String) -> Set<String> {
    Set(line.replacing("\\\\", with: " ").matches(of: /\\([A-Za-z]+)/).map { String($0.output.1) })
  }

  private static func isBalanced(_ line: String) -> Bool {
    var depth = 0
    var isEscaped = false
    for character in line {
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "{" {
        depth += 1
      } else if character == "}" {
        depth -= 1
        if depth < 0 { return false }
      }
    }
    return depth == 0
  }
}
