import Support

/// Pictures in one sub-folder per label, as `torchvision.datasets.ImageFolder` has them.
public struct FolderSource: DataSource {
  public static let key = "folder"
  public static let help = "One sub-folder per label."
  public static let standardSplit = Split.all
  public static let options: [DeclaredOption<FolderSource>] = [
    DeclaredOption(
      "root", \.root, OptionKind.path.optional(), required: "root: ../faces",
      help: "One sub-folder per label; labels are numbered in sorted order."),
    .classes(
      \.classes,
      help: "All class names in order, a list that the program has, or folders' names with their indices: folders are "
        + "numbered by name; not needed."),
    .followLinks(\.followsLinks),
  ]

  /// Holds the class folders. The option is required; `open` throws where it is nil.
  public var root: ExperimentPath?
  /// The classes and their indices; nil for the folders' own names in their order.
  public var classes: ClassList?
  /// Whether links may lead out of `root`; else they are an error.
  public var followsLinks = false

  public init() {}

  public var folders: [String] { root.map { [$0.resolved] } ?? [] }

  public func open(_ selection: DataSelection) throws(Problem) -> Dataset {
    guard let root else { throw .usage("`data.root` is missing") }
    return try Dataset.folder(root.url(isFolder: true), classes: classes?.read(), followsLinks: followsLinks)
  }
}

extension DeclaredOption {
  /// What the classes are called and which indices they have.
  static func classes(_ path: any WritableKeyPath<Owner, ClassList?> & Sendable, help: String) -> DeclaredOption {
    DeclaredOption("classes", path, OptionKind.classes.optional(), example: "classes: names.txt", help: help)
  }

  /// Reports from before there was the option stay the same.
  static func followLinks(_ path: any WritableKeyPath<Owner, Bool> & Sendable) -> DeclaredOption {
    DeclaredOption("follow-links", path, .answer, isQuiet: true, help: "Whether links may lead out of `root`.")
  }
}
