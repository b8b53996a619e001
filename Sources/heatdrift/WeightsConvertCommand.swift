import Architectures
import ArgumentParser
import Foundation
import Support
import Weights

struct WeightsConvertCommand: Subcommand {
  enum NumberType: String, CaseIterable, ExpressibleByArgument {
    case f32, f16, bf16

    var dataType: TensorDataType {
      switch self {
      case .f32: .float32
      case .f16: .float16
      case .bf16: .bfloat16
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes a weights file of any format as safetensors.",
    discussion: """
      Names lose wrappers such as `module.` and `_orig_mod.`, and the prefix before an architecture's; values keep their type unless --type is given, which changes \
      floating-point tensors only and refuses, by the tensor's name, numbers that would become infinite. The new file \
      appears whole or not at all.

      EXAMPLES
        heatdrift weights convert checkpoint.pth resnet50.safetensors
        heatdrift weights convert vgg16.pth vgg16.safetensors --type f16
        heatdrift weights convert checkpoint.pth ema.safetensors --state ema
      """)

  @Argument(help: ArgumentHelp("The weights file to read.", valueName: "in"), completion: .file())
  var input: String

  @Argument(help: ArgumentHelp("The safetensors file to write.", valueName: "out.safetensors"), completion: .file())
  var output: String

  @Option(name: .long, help: "f32, f16 or bf16. (default: each tensor's own)")
  var type: NumberType?

  @Option(name: .long, help: "Another dictionary of a checkpoint, or the prefix of a network in it.")
  var state: String?

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [input, output] }

  func validate() throws {
    guard output.hasSuffix(".safetensors"), output.split(separator: "/").last != ".safetensors" else {
      throw ValidationError("the file to write must be called something.safetensors, found \(output).")
    }
    let places = [input, output].map { URL(filePath: $0).resolvingSymlinksInPath().standardizedFileURL.path }
    guard places[0] != places[1] else {
      throw ValidationError("the file to write is the file to read; choose another name.")
    }
  }

  func run() throws {
    let opened = try WeightsFile.open(input)
    let found = try ArchitectureFit.all(in: opened, state: state).first
    let isWhole = found.map { $0.0.comparison.fits } ?? false
    let file = isWhole || state != nil ? found?.1.weights ?? opened : opened
    if !isWhole, state == nil, opened.preferredDictionary == nil {
      let names = opened.dictionaries.prefix(12).map { "`\(printable($0.joined(separator: ".")))`" }
      throw Problem.usage(
        at: Place(file: input), "the file has several dictionaries of tensors: \(names.joined(separator: ", "))",
        remedy: "Choose one with --state.")
    }
    var metadata = file.metadata
    if metadata["format"] == nil { metadata["format"] = "pt" }
    if let fit = found?.0, fit.fits {
      if metadata["architecture"] == nil { metadata["architecture"] = fit.architecture.rawValue }
      if metadata["width"] == nil { metadata["width"] = fit.width == 1 ? "1" : "\(fit.width)" }
    }
    let bytes = try WeightsConversion(file, as: type?.dataType, metadata: metadata).write(to: output)
    Console.result("\(output): \(Console.count(file.tensorNames.count, "tensor")), \(Console.count(bytes, "byte"))")
    for note in found?.1.notes ?? [] where isWhole { Console.remark("note: \(input): \(note)") }
  }
}
