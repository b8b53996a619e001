import Support
import Foundation
import Notebooks
import Testing

@Suite struct LaTeXTests {
  private func table(_ names: [String], _ source: String = "```{mod-table}\nlabel: tab-mod\n```\n") throws -> String {
    var made = MadeUpResults()
    made.models = Array(made.models.prefix(names.count))
    made.names = names
    made.imageCount = 8
    made.epsilons = [0.05, 0.1]
    let found = try #require(try notebook(source, made).tables.first)
    return found.wideLatex ?? found.latex
  }

  @Test func aTableIsWhatBooktabsTakes() throws {
    let latex = try table(["VGG16", "ResNet-50"])
    #expect(
      latex == #"""
        % Table 1. Accuracy (in brackets: images) on clean images and at ε = 0.1, MOD (the mean NISSIM) at each attack level, VID, and dead (all-zero) maps, over 8 images. Small figures: 95% bootstrap-t intervals (accuracy: Wilson’s). Relative drift: MOD at ε = 0.1 divided by the mean between clean maps of different labels.
        % Needs \usepackage{booktabs}. Made by Heatdrift; \input it into a table.
        \begin{tabular}{@{}lrrrrrrr@{}}
        \toprule
         & \multicolumn{2}{c}{accuracy, \%} & \multicolumn{2}{c}{MOD} &  &  &  \\
        \cmidrule(lr){2-3} \cmidrule(lr){4-5}
        model & clean & attacked & \textit{$\varepsilon$} = 0.05 & \textit{$\varepsilon$} = 0.1 & relative & VID & dead \\
        \midrule
        VGG16 & 87.5 (7) & 75.0 (6) & 0.132 & 0.211 & 0.54 & 0.040 & 1 \\
         & {\scriptsize 52.9--97.8} & {\scriptsize 40.9--92.9} & {\scriptsize 0.085--0.220} & {\scriptsize 0.136--0.352} &  & {\scriptsize 0.026--0.066} &  \\
        ResNet-50 & 100.0 (8) & 62.5 (5) & 0.162 & 0.240 & 0.57 & 0.039 & 0 \\
         & {\scriptsize 67.6--100.0} & {\scriptsize 30.6--86.3} & {\scriptsize 0.108--0.302} & {\scriptsize 0.160--0.448} &  & {\scriptsize 0.026--0.073} &  \\
        \bottomrule
        \end{tabular}%

        """#)
  }

  /// Whatever a name holds, between `\begin` and `\end` stand our own commands only.
  @Test(arguments: [
    "\\input{/etc/passwd}", "a & b \\\\ \\hline", "100% $x$ #1 ^^M ~ _{2}", "} \\end{tabular} \\write18{rm}",
    "[2pt] star", "* star", "a\nb\r\n\\bye\u{2028}c\u{0}d", "\u{202E}olleh ``quoted'' --- ,, <<>> ?` |\"",
    "Größe Ångström", "中文", "Nguyễn & Việt", "مرحبا_x", "한국어 #1", "हिन्दी", "ภาษา", "\u{1F468}\u{200D}\u{1F469} a",
    "\u{1B}[31mred", "a\u{301}", "", " ", "((", "\u{7F}\u{9B}2J",
  ])
  func hostileNamesAreOnlyPrinted(_ name: String) throws {
    let latex = try table([name, "ok"])
    // A table with a very long name is set smaller, in a group of its own.
    let lines = latex.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { $0 != "}" && $0 != "{\\footnotesize\\setlength{\\tabcolsep}{3pt}%" }
    #expect(lines.filter { $0.hasPrefix("\\begin{tabular}") }.count == 1)
    #expect(lines.dropLast().last == "\\end{tabular}%" && lines.last == "")
    // Every line that prints has the same number of cells, and ends its row once.
    let printed = lines.filter { $0.hasSuffix(" \\\\") }
    #expect(printed.count == 6)
    for line in printed.dropFirst() {
      #expect(
        line.replacing("\\&", with: "").split(separator: "&", omittingEmptySubsequences: false).count == 8, "\(line)")
      #expect(line.components(separatedBy: "\\\\").count == 2, "\(line)")
      #expect(!line.hasPrefix("[") && !line.hasPrefix("*"), "\(line)")
    }
    for line in lines.map({ $0 == "\\end{tabular}%" ? $0.dropLast() : $0 })
    where !line.hasPrefix("%") && !line.hasPrefix("\\providecommand") {
      #expect(Self.commands(in: String(line)).isSubset(of: Self.known), "\(line)")
      #expect(Self.isBalanced(String(line)), "\(line)")
      // Characters that mean something to TeX, unless escaped.
      let bare = line.replacing("\\\\", with: "").replacing(/\\[#%_{}$&]/, with: "")
      #expect(!bare.contains { "#%^~".contains($0) }, "\(line)")
      #expect(line.unicodeScalars.allSatisfy { $0.value >= 32 && !(0x2028...0x202E).contains($0.value) }, "\(line)")
    }
  }

  @Test func namesThatPDFLaTeXHasNoLettersForStandTwice() throws {
    let latex = try table(["中文 & 한국어", "Nguyễn", "😀"])
    #expect(
      latex.contains("\\providecommand{\\heatdriftname}[2]{\\ifdefined\\Umathchar#1\\else#2\\fi}\n\\begin{tabular}"))
    #expect(latex.contains("\n\\heatdriftname{中文}{zhong wen} \\& \\heatdriftname{한국어}{hangug-eo} & "))
    #expect(latex.contains("\nNguy\\heatdriftname{ễ}{e}n & ") && latex.contains("\n\\heatdriftname{😀}{[U+1F600]} & "))
    #expect(!(try table(["Größe"])).contains("heatdriftname"))
    // What would act on a terminal or turn the text is written out.
    #expect(try table(["a\u{1B}[31m", "\u{202E}b"]).contains("\na\\textbackslash{}u\\{1B\\}[31m & "))
  }

  /// With the real program, where it is installed.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/pdflatex")))
  func pdfLaTeXCompilesEveryName() throws {
    let ascii = String(String.UnicodeScalarView((0x20..<0x7F).compactMap { Unicode.Scalar($0) }))
    let latin = String(String.UnicodeScalarView((0x80..<0x250).compactMap { Unicode.Scalar($0) }))
    let names = [
      ascii, latin, "[2pt] a", "*a", "", "-- --- ,, ?` !` << >> ''", "中文 한국어 हिन्दी ภาษาไทย", "مرحبا שלום", "👨‍👩‍👧 😀",
      "\u{1B}[31m\n\u{202E}x", String(repeating: "very long name ", count: 60), "\\end{tabular} % ^^M # $ & ~ _ {",
      "ẞ ŋ đ ł Đ « » ‹ › € ™ ½ ∑ Ω µ", "\u{301}", "a\u{301}\u{E000}\u{10FFFF}",
    ]
    let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-tex-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var made = MadeUpResults(imageCount: 3, epsilons: [0.1])
    made.models = names.indices.map { "m\($0)" }
    made.names = names
    let tables = try notebook(
      "```{mod-table}\nranked: true\n```\n\n```{difference-table}\nmodels: [m0, m1]\n```\n\n```{methods}\nlabel: tab-o\n```",
      made
    ).tables
    #expect(tables.count == 3)
    var document = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    for (index, table) in tables.enumerated() {
      try table.latex.write(to: folder.appending(path: "t\(index).tex"), atomically: true, encoding: .utf8)
      // The width of a column that such files are made for.
      document += "\\noindent\\begin{minipage}{234.9pt}\\input{t\(index)}\\end{minipage}\\clearpage\n"
    }
    let (status, log) = try compile(document, in: folder)
    let errors = log.split(separator: "\n").filter { $0.hasPrefix("!") || $0.hasPrefix("l.") }
    #expect(status == 0 && errors.isEmpty, "\(errors)")
  }

  /// - Parameter document: without its end.
  /// - Returns: pdflatex's exit status, and its log, empty where there is none.
  private func compile(_ document: String, in folder: URL) throws -> (status: Int32, log: String) {
    try (document + "\\end{document}\n").write(
      to: folder.appending(path: "main.tex"), atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/pdflatex")
    process.arguments = ["-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "main.tex"]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let log = (try? Data(contentsOf: folder.appending(path: "main.log"))) ?? Data()
    return (process.terminationStatus, String(decoding: log, as: UTF8.self))
  }

  /// With the real program, where it is installed: what a report leaves fits the column that it is made for.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/pdflatex")))
  func everyTableFitsAColumn() throws {
    var made = MadeUpResults(imageCount: 12, epsilons: [0.01, 0.05, 0.1])
    made.layers = ["layer3", "layer4"]
    let tables = try ["paper", "compare", "model"].flatMap { name in
      try Notebook(
        Template.load(name, folders: [shippedTemplates]), results: made.results, measurer: FixedMeasurer()
      ).tables
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-fit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var document =
      "\\documentclass{article}\\usepackage{booktabs}\\textheight=3000pt\\textwidth=497pt\\begin{document}\n"
    for (index, table) in tables.enumerated() {
      for (name, text, width) in [
        ("n\(index)", table.latex, "234.9pt"), ("w\(index)", table.wideLatex ?? "", "496.9pt"),
      ] {
        try text.write(to: folder.appending(path: "\(name).tex"), atomically: true, encoding: .utf8)
        document += "\\noindent\\begin{minipage}{\(width)}\\input{\(name)}\\end{minipage}\\clearpage\n"
      }
    }
    let (status, log) = try compile(document, in: folder)
    #expect(status == 0 && tables.count > 20)
    #expect(log.split(separator: "\n").filter { $0.hasPrefix("Overfull \\hbox") } == [])
  }

  private static let known: Set<String> = [
    "begin", "end", "toprule", "midrule", "bottomrule", "cmidrule", "multicolumn", "scriptsize", "textit", "textbf",
    "texttt", "varepsilon", "textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar",
    "char", "textasciigrave", "times", "frac", "cdot", "ldots", "heatdriftname", "footnotesize", "setlength",
    "tabcolsep",
    "raggedright", "let", "tabularnewline", "allowbreak", "par", "smallskip",
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
