import Support

/// Pictures that a file of separated values lists.
public struct ManifestSource: DataSource {
  public static let key = "manifest"
  public static let help = "A CSV file with the columns `path,label[,split][,name]`."
  public static let standardSplit = Split.all
  public static let options: [DeclaredOption<ManifestSource>] = [
    DeclaredOption(
      "path", \.path, OptionKind.path.optional(), required: "path: images.csv",
      help: "The CSV file: `path,label[,split][,name]`."),
    DeclaredOption(
      "root", \.root, OptionKind.path.optional(), standard: "the folder of `path`", example: "root: .",
      help: "What the paths in it start from."),
    .classes(
      \.classes, help: "What the report calls the classes, and the indices of labels that are names; not needed."),
    .followLinks(\.followsLinks),
  ]

  /// The CSV file. The option is required; `open` throws where it is nil.
  public var path: ExperimentPath?
  /// Where its paths begin; nil for its own folder.
  public var root: ExperimentPath?
  /// The classes and their indices; nil for what the list says.
  public var classes: ClassList?
  /// Whether links may lead out of `root`; else they are an error.
  public var followsLinks = false

  public init() {}

  public func open(_ selection: DataSelection) throws(Problem) -> Dataset {
    guard let path else { throw .usage("`data.path` is missing") }
    return try Dataset.manifest(
      path.url(isFolder: false), root: root?.url(isFolder: true), classes: classes?.read())
  }

  public func select(_ selection: DataSelection, from dataset: Dataset) throws(Problem) -> Dataset {
    try dataset.selecting(selection.split, seed: selection.seed, limit: selection.limit)
      .located(followsLinks: followsLinks)
  }
}
