import Architectures
import ArgumentParser
import Maps
import ONNX
import Support
import Weights

struct WeightsInspectCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Lists a weights file's tensors, and tells which architecture they fit.",
    discussion: """
      Prints the format, the dictionaries of tensors of a checkpoint and which of them is taken, the architecture, width \
      and number of classes that fit (or the nearest, with what is missing and left over), and a line for each tensor: \
      name, shape, type, bytes. Of an ONNX file it prints the producer, the version of the operators, inputs and \
      outputs, how many parameters, classes and multiply-adds there are, which layer is `last`, what is refused of it, \
      which operators are missing, and how often each operator is applied.

      EXAMPLES
        heatdrift weights inspect resnet50.pth
        heatdrift weights inspect checkpoint.pth --state ema
      """)

  @Argument(
    help: ArgumentHelp("The weights file, the index of its shards, or an ONNX file.", valueName: "file"),
    completion: .file())
  var path: String

  @Option(name: .long, help: "Another dictionary of a checkpoint, or the prefix of a network in it.")
  var state: String?

  @Option(
    name: .long, help: "Height and width of the image in pixels, where an ONNX file leaves them open. (default: 224)")
  var size: Int?

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [path] }

  func run() throws {
    if WeightsFile.isONNX(path) {
      for line in ONNXInspection.lines(try ONNXFile.open(path), size: size) { Console.result(line) }
      return
    }
    let opened = try WeightsFile.open(path)
    // Safetensors too, and no weights.
    if opened.metadata[MapsDescription.key] != nil {
      for line in MapsInspectCommand.lines(try MapsCollection(path)) { Console.result(line) }
      return
    }
    Console.result("\(path): \(opened.format), \(Console.count(opened.fileSize, "byte"))")
    for file in opened.files.dropFirst() { Console.result("shard: \(printable(file.path))") }
    var found: (fit: ArchitectureFit, placed: PlacedWeights)?
    var undecided: Problem?
    do throws(Problem) {
      found = try ArchitectureFit.all(in: opened, state: state).first
    } catch {
      guard state == nil else { throw error }
      undecided = error
    }
    let file = found?.placed.weights ?? opened
    for line in Self.dictionaries(opened, taken: undecided == nil ? file.dictionary : nil) { Console.result(line) }
    if !file.stateDictionary.isEmpty, undecided == nil {
      Console.result("state dict: under `\(printable(file.stateDictionary.joined(separator: "/")))`")
    }
    if !file.droppedPrefixes.isEmpty {
      let prefixes = file.droppedPrefixes.map { "`\(printable($0))`" }.joined(separator: " and ")
      Console.result("names: \(prefixes) left off")
    }
    if !file.outside.isEmpty {
      let names = file.outside.prefix(6).map { "`\(printable($0))`" }.joined(separator: ", ")
      let more = file.outside.count > 6 ? ", and \(file.outside.count - 6) more" : ""
      Console.result("left aside: \(Console.count(file.outside.count, "tensor")): \(names)\(more)")
    }
    if !opened.passedOver.isEmpty {
      let names = opened.passedOver.prefix(12).map { "`\(printable($0))`" }.joined(separator: ", ")
      let more = opened.passedOver.count > 12 ? ", and \(opened.passedOver.count - 12) more" : ""
      Console.result("passed over: values of \(names)\(more); nothing was run")
    }
    for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) {
      Console.result("metadata: \(printable(key)) = \(printable(value))")
    }
    Console.result(Self.total(file))
    for name in file.tensorNames.filter({ file.dataType(of: $0) == nil }).prefix(6) {
      if let problem = file.refusal(of: name) { Console.result("not read: `\(printable(name))`: \(problem.message)") }
    }
    if let undecided {
      Console.result("fits: \(undecided.message)")
      if let remedy = undecided.remedy { Console.result("  \(remedy)") }
    } else if let found {
      for line in Self.fit(file, found.fit, found.placed, isShard: opened.files.count == 1) { Console.result(line) }
    }
    Console.result("")
    let header = ["tensor", "shape", "type", "bytes"]
    let rows = file.tensorNames.map { name in
      let (shape, type) = (file.shape(of: name), file.dataType(of: name))
      let bytes = (shape?.count ?? 0) * (type?.bitWidth ?? 0) / 8
      return [
        printable(name), shape?.description ?? "", type?.rawValue ?? "not read",
        type == nil ? "" : Console.grouped(bytes),
      ]
    }
    let widths = header.indices.map { column in ([header] + rows).map { terminalColumns($0[column]) }.max() ?? 0 }
    for row in [header] + rows {
      let columns = zip(row, widths).enumerated().map { column, cell in
        padded(cell.0, to: cell.1, atEnd: column != 3)
      }
      Console.result(columns.joined(separator: "  "))
    }
  }

  /// A line for each dictionary of tensors where there are several.
  private static func dictionaries(_ file: WeightsFile, taken: Int?) -> [String] {
    guard file.dictionaries.count > 1 else { return [] }
    var lines = file.dictionaries.prefix(20).enumerated().map { index, path in
      let name = path.isEmpty ? "the file itself" : "`\(printable(path.joined(separator: ".")))`"
      let count = Console.count(file.names(in: index).count, "tensor")
      return "dictionary: \(name), \(count)" + (index == taken ? ", taken" : "")
    }
    if file.dictionaries.count > 20 { lines.append("and \(file.dictionaries.count - 20) dictionaries more") }
    return lines
  }

  /// "tensors: 320, 25,610,205 values: 267 F32, 53 I64"
  private static func total(_ file: WeightsFile) -> String {
    var counts: [TensorDataType: Int] = [:]
    for name in file.tensorNames { file.dataType(of: name).map { counts[$0, default: 0] += 1 } }
    var types = TensorDataType.allCases.reversed().compactMap { type in counts[type].map { "\($0) \(type.rawValue)" } }
    let unread = file.tensorNames.count { file.dataType(of: $0) == nil }
    if unread > 0 { types.append("\(unread) not read") }
    let values = file.tensorNames.reduce(0) { $0 + (file.shape(of: $1)?.count ?? 0) }
    return "tensors: \(Console.grouped(file.tensorNames.count)), \(Console.count(values, "value")): "
      + types.joined(separator: ", ")
  }

  /// Which architecture, and how an experiment file names it.
  private static func fit(
    _ file: WeightsFile, _ fit: ArchitectureFit, _ placed: PlacedWeights, isShard: Bool
  ) -> [String] {
    let names = fit.names == .own ? "" : ", under \(fit.names.name)'s names"
    let width = fit.width == 1 ? "1" : "\(fit.width)"
    let classes = "\(Console.grouped(fit.classes)) class\(fit.classes == 1 ? "" : "es")"
    let what = "\(fit.architecture.rawValue), width \(width), \(classes)"
    guard fit.comparison.fits else {
      var lines = ["fits: none; the nearest is \(what)\(names): \(printableList(fit.comparison.summary))"]
      if isShard, let name = file.path.split(separator: "/").last, let shard = ShardName(String(name)) {
        lines.append(
          "this is number \(shard.number) of \(shard.count) that belong together: give their index, `\(shard.index)`")
      }
      return lines
    }
    if let first = fit.refusals.first {
      let tensor = first.place?.tensor.map { "`\(printable($0))`: " } ?? ""
      return [
        "fits: none; the names are those of \(what)\(names), but \(Console.count(fit.refusals.count, "tensor")) cannot be "
          + "used; \(tensor)\(first.message)"
      ] + (first.remedy.map { ["  " + $0] } ?? [])
    }
    var keys = "architecture: \(fit.architecture.rawValue), weights: \(printable(file.path))"
    if placed.isChosen { keys += ", state: \(printable(placed.place.name))" }
    if fit.width != 1 { keys += ", width: \(width)" }
    let isFromCaffe = file.format == .numPyPickle && fit.architecture.variants.contains(.caffe)
    if isFromCaffe { keys += ", variant: caffe" }
    var lines = ["fits: \(what)\(names)", "in an experiment file: {\(keys)}"]
    if !placed.others.isEmpty {
      lines.append(
        "fit as well: " + placed.others.map { "`state: \(printable($0))`" }.joined(separator: ", "))
    }
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
