import Architectures
import ArgumentParser
import Diagnostics
import Weights

struct WeightsInspectCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Lists a weights file's tensors, and tells which architecture they fit.",
    discussion: """
      Prints the format, the architecture, width and number of classes that fit (or the nearest, with what is missing \
      and left over), and a line for each tensor: name, shape, type, bytes.

      EXAMPLES
        heatdrift weights inspect resnet50.pth
      """)

  @Argument(help: ArgumentHelp("The weights file.", valueName: "file"), completion: .file())
  var path: String

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [path] }

  func run() throws {
    let file = try WeightsFile.open(path)
    Console.result("\(path): \(file.format), \(Console.count(file.fileSize, "byte"))")
    if !file.stateDictionary.isEmpty {
      Console.result("state dict: under `\(file.stateDictionary.joined(separator: "/"))`")
    }
    if !file.droppedPrefixes.isEmpty {
      let prefixes = file.droppedPrefixes.map { "`\($0)`" }.joined(separator: " and ")
      Console.result("names: \(prefixes) left off")
    }
    for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) {
      Console.result("metadata: \(printable(key)) = \(printable(value))")
    }
    Console.result(Self.total(file))
    for line in Self.fit(file) { Console.result(line) }
    Console.result("")
    let header = ["tensor", "shape", "type", "bytes"]
    let rows = file.tensorNames.map { name in
      let (shape, type) = (file.shape(of: name), file.dataType(of: name))
      let bytes = (shape?.count ?? 0) * (type?.bitWidth ?? 0) / 8
      return [printable(name), shape?.description ?? "", type?.rawValue ?? "", Console.grouped(bytes)]
    }
    let widths = header.indices.map { column in ([header] + rows).map { terminalColumns($0[column]) }.max() ?? 0 }
    for row in [header] + rows {
      let columns = zip(row, widths).enumerated().map { column, cell in
        padded(cell.0, to: cell.1, atEnd: column != 3)
      }
      Console.result(columns.joined(separator: "  "))
    }
  }

  /// "tensors: 320, 25,610,205 values: 267 F32, 53 I64"
  private static func total(_ file: WeightsFile) -> String {
    var counts: [TensorDataType: Int] = [:]
    for name in file.tensorNames { file.dataType(of: name).map { counts[$0, default: 0] += 1 } }
    let types = TensorDataType.allCases.reversed().compactMap { type in counts[type].map { "\($0) \(type.rawValue)" } }
    let values = file.tensorNames.reduce(0) { $0 + (file.shape(of: $1)?.count ?? 0) }
    return "tensors: \(Console.grouped(file.tensorNames.count)), \(Console.count(values, "value")): "
      + types.joined(separator: ", ")
  }

  /// Which architecture, and how an experiment file names it.
  private static func fit(_ file: WeightsFile) -> [String] {
    guard let fit = ArchitectureFit.all(for: file).first else { return [] }
    let names = fit.names == .own ? "" : ", under \(fit.names.rawValue)'s names"
    let width = fit.width == 1 ? "1" : "\(fit.width)"
    let classes = "\(Console.grouped(fit.classes)) class\(fit.classes == 1 ? "" : "es")"
    let what = "\(fit.architecture.rawValue), width \(width), \(classes)"
    guard fit.fits else {
      return ["fits: none; the nearest is \(what)\(names): \(printableList(fit.comparison.summary))"]
    }
    var keys = "architecture: \(fit.architecture.rawValue), weights: \(printable(file.path))"
    if fit.width != 1 { keys += ", width: \(width)" }
    let isFromCaffe = file.format == .numPyPickle && fit.architecture.variants.contains(.caffe)
    if isFromCaffe { keys += ", variant: caffe" }
    var lines = ["fits: \(what)\(names)", "in an experiment file: {\(keys)}"]
    if fit.architecture.variants.contains(.caffe) {
      lines.append(
        "variant: the tensors do not tell it; "
          + (isFromCaffe
            ? "a pickle of NumPy arrays was most likely converted from Caffe, as VGGFace2's was"
            : "`variant: caffe` for weights that were converted from Caffe, as VGGFace2's were"))
    }
    return lines
  }

  /// The list names tensors of the file, whatever they are called.
  private static func printableList(_ text: String) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false).map { printable(String($0)) }.joined(separator: " ")
  }
}
