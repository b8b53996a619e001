import Support

/// What makes logits of a network's embedding: the cosines with one prototype for each label, times a scale, as ArcFace's
/// networks are used and trained (J. Deng, J. Guo, N. Xue, S. Zafeiriou, "ArcFace: Additive angular margin loss for deep face
/// recognition", CVPR 2019).
public struct HeadOptions: Sendable, Hashable, Codable {
  /// A safetensors file of (labels, features), or `fromTraining`.
  public var prototypes: ExperimentPath
  /// What cosines are multiplied by; the confidence depends on it, predictions do not.
  public var scale = HeadOptions.standardScale

  /// ArcFace's.
  static let standardScale = 64.0

  /// What stands in the place of a file: the mean embedding of each label's images in the training part of the data.
  static let fromTraining = "from-train"

  /// Whether prototypes are made of the training part of the data.
  public var isFromTraining: Bool { prototypes.written == Self.fromTraining }

  static let standard = HeadOptions(prototypes: ExperimentPath(written: fromTraining, resolved: fromTraining))

  static let options: [DeclaredOption<HeadOptions>] = [
    DeclaredOption(
      "prototypes", \.prototypes, .prototypes, required: "prototypes: from-train",
      help:
        "`from-train`: of each label the mean normalised embedding of the images in the training part of the data, by "
        + "`split-seed`; or a safetensors file with one tensor, labels x features."),
    DeclaredOption(
      "scale", \.scale, .number(in: .above(0, upTo: 1000)), help: "Cosines are multiplied by it: logits."),
  ]

  init(prototypes: ExperimentPath) { self.prototypes = prototypes }

  init(_ value: YAMLValue, path: String, _ context: OptionContext) throws(Problem) {
    self = Self.standard
    try Self.options.read(MappingReader(value, path: path, known: Self.options.map(\.name)), context, into: &self)
  }

  var optionTexts: [OptionText] {
    Self.options.texts(of: self, standard: Self.standard).map { option in
      guard isFromTraining, !option.paths.isEmpty else { return option }
      // A word, not a path.
      return OptionText(name: option.name, text: option.text, shown: option.shown, paths: [], isQuiet: option.isQuiet)
    }
  }
}

extension OptionKind<ExperimentPath> {
  fileprivate static var prototypes: OptionKind {
    OptionKind(
      words: "`from-train` or a path",
      read: { value, name, context throws(Problem) in
        let word = HeadOptions.fromTraining
        return try value.text(name) == word
          ? ExperimentPath(written: word, resolved: word) : try ExperimentPath(value, name, context)
      }, written: { scalar($0.written) })
  }
}
